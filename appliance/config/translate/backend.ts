import type { Backend } from '../../../proxy/model.ts';
import { EMAIL_ALERT_WORDS } from '../schema/mailers.ts';
import type { Document } from '../schema.ts';
import { usedAcls } from './acls.ts';
import { translateBalance } from './balance.ts';
import { translateBandwidth } from './bandwidth.ts';
import { translateCheck } from './check.ts';
import { translateCompression } from './compression.ts';
import { translateConditions } from './condition.ts';
import { present } from './frontend.ts';
import { translateTarget } from './logging.ts';
import { translateAnswers } from './own-answer.ts';
import { translateAlternatives, translateCookie, translateRdpCookie, translateStick } from './persistence.ts';
import { translateRulesets } from './rule.ts';
import { translateServers } from './server.ts';
import { wordsOf } from './words.ts';

type BackendInput = Document['backends'][string];

/** A backend in long form. `mode` is that of the frontends which use it. */
export function translateBackend(name: string, input: BackendInput, mode: 'http' | 'tcp', document: Document): Backend {
  const rules = translateRulesets(input);
  const choices = {
    stick: translateStick(input.stick),
    useServer: input['use-server'].map((rule) => ({ server: rule.server, condition: translateConditions(rule) })),
    forcePersist: translateAlternatives(input['force-persist']),
    ignorePersist: translateAlternatives(input['ignore-persist']),
  };
  const conditions = [
    ...[...Object.values(rules).flat(), ...choices.stick, ...choices.useServer].map(({ condition }) => condition),
    ...choices.forcePersist,
    ...choices.ignorePersist,
  ];
  const { redispatch, ...options } = input.option;
  return {
    name,
    mode,
    balance: translateBalance(input.balance, mode),
    cookie: translateCookie(input.cookie),
    check: translateCheck(input.check),
    timeouts: present(input.timeout),
    httpReuse: input['http-reuse'],
    options: present({ ...options, redispatch: typeof redispatch === 'number' ? String(redispatch) : redispatch }),
    retries: input.retries ?? null,
    retryOn: [input['retry-on'] ?? []].flat().map(String),
    ...choices,
    persistRdpCookie: translateRdpCookie(input.persist?.['rdp-cookie']),
    fullconn: input.fullconn ?? null,
    rules,
    inspectDelay: input['tcp-request inspect-delay'] ?? null,
    responseInspectDelay: input['tcp-response inspect-delay'] ?? null,
    answers: translateAnswers(input),
    compression: translateCompression(input.compression),
    bandwidth: translateBandwidth(input),
    spoe: input['filter spoe'],
    fcgiApp: input['use-fcgi-app'] ?? null,
    logs: input.log.map(translateTarget),
    emailAlert: wordsOf(input['email-alert'] ?? {}, EMAIL_ALERT_WORDS),
    servers: translateServers(input, document),
    acls: usedAcls({ conditions, extra: input.extra }, Object.keys(document.acls)),
    extra: input.extra,
  };
}
