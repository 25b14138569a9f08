import type { DataPlane } from '../../../proxy/model.ts';
import { DEFAULTS_WORDS, GLOBAL_WORDS } from '../schema/global.ts';
import { EMAIL_ALERT_WORDS } from '../schema/mailers.ts';
import type { Document } from '../schema.ts';
import { present } from './frontend.ts';
import { translateLua } from './lua.ts';
import { wordsOf } from './words.ts';

/** The global section and the defaults in long form. */
export function translateGlobal({ global, defaults }: Document): Pick<DataPlane, 'global' | 'defaults'> {
  const { 'ssl-default-bind-options': bind, 'ssl-default-server-options': server } = global;
  const { redispatch, ...options } = defaults.option;
  return {
    global: {
      maxconn: global.maxconn ?? null,
      settings: wordsOf(global, GLOBAL_WORDS),
      lua: translateLua(global),
      bindOptions: wordsOf(bind, Object.keys(bind)),
      serverOptions: wordsOf(server, Object.keys(server)),
    },
    defaults: {
      timeouts: present(defaults.timeout),
      options: present({ ...options, redispatch: typeof redispatch === 'number' ? String(redispatch) : redispatch }),
      settings: wordsOf(defaults, DEFAULTS_WORDS),
      emailAlert: wordsOf(defaults['email-alert'] ?? {}, EMAIL_ALERT_WORDS),
    },
  };
}
