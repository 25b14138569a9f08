import type { Words } from '../../../proxy/model/bind.ts';
import type { DataPlane } from '../../../proxy/model.ts';
import { DEFAULTS_WORDS, GLOBAL_WORDS } from '../schema/global.ts';
import { EMAIL_ALERT_WORDS } from '../schema/mailers.ts';
import { milliseconds } from '../schema/scalar.ts';
import type { Document } from '../schema.ts';
import { present } from './frontend.ts';
import { translateLua } from './lua.ts';
import { wordsOf } from './words.ts';

/** The delays of OCSP updates in seconds, HAProxy's unit for them (configuration manual, 3.1). It compares each with the other as it is then: 300 and 3600 at first. */
function ocspDelays({ 'ocsp-update.mindelay': least, 'ocsp-update.maxdelay': most }: Document['global']): Words {
  const seconds = (duration: string | undefined) =>
    duration === undefined ? undefined : Math.max(1, Math.ceil(milliseconds(duration) / 1000));
  const delays = [['ocsp-update.mindelay', seconds(least)] as const, ['ocsp-update.maxdelay', seconds(most)] as const];
  const isLong = most !== undefined && milliseconds(most) >= 3_600_000;
  return present(Object.fromEntries(isLong ? delays.toReversed() : delays));
}

/** The global section and the defaults in long form. */
export function translateGlobal({ global, defaults }: Document): Pick<DataPlane, 'global' | 'defaults'> {
  const { 'ssl-default-bind-options': bind, 'ssl-default-server-options': server } = global;
  const { redispatch, ...options } = defaults.option;
  return {
    global: {
      maxconn: global.maxconn ?? null,
      settings: { ...wordsOf(global, GLOBAL_WORDS), ...ocspDelays(global) },
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
