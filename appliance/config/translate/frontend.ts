import type { Frontend, Route } from '../../../proxy/model.ts';
import { FRONTEND_WORDS } from '../schema/frontend-option.ts';
import type { Document } from '../schema.ts';
import { usedAcls } from './acls.ts';
import { translateBandwidth } from './bandwidth.ts';
import { translateBind } from './bind.ts';
import { translateCompression } from './compression.ts';
import { translateConditions } from './condition.ts';
import { translateLogging } from './logging.ts';
import { translateAnswers, translateMonitor } from './own-answer.ts';
import { translateRulesets } from './rule.ts';
import { translateStats } from './stats.ts';
import { wordsOf } from './words.ts';

type FrontendInput = Document['frontends'][string];

/** The backends that a route of the document names itself; which ones a map has is in its file. */
export function namedBackends(backend: FrontendInput['use_backend'][number]['backend']): readonly string[] {
  if (typeof backend === 'string') return [backend];
  return backend.default === undefined ? [] : [backend.default];
}

function translateRoute(backend: FrontendInput['use_backend'][number]['backend']): Route {
  if (typeof backend === 'string') return backend;
  const { map, sample, default: other = null } = backend;
  return { map, sample, other };
}

/** A frontend in long form. */
export function translateFrontend(name: string, input: FrontendInput, document: Document): Frontend {
  const rules = translateRulesets(input);
  const useBackend = input.use_backend.map((rule) => ({ backend: translateRoute(rule.backend), condition: translateConditions(rule) }));
  const conditions = [...Object.values(rules).flat(), ...useBackend].map(({ condition }) => condition);
  return {
    name,
    mode: input.mode,
    maxconn: input.maxconn ?? null,
    settings: wordsOf(input, FRONTEND_WORDS),
    options: present(input.option),
    timeouts: present(input.timeout),
    binds: input.bind.map((each) => translateBind(each, input.mode, document)),
    acls: usedAcls({ conditions, extra: input.extra }, Object.keys(document.acls)),
    rules,
    useBackend,
    inspectDelay: input['tcp-request inspect-delay'] ?? null,
    defaultBackend: input.default_backend ?? null,
    logging: translateLogging(input),
    monitor: translateMonitor(input),
    stats: translateStats(input.stats),
    answers: translateAnswers(input),
    compression: translateCompression(input.compression),
    bandwidth: translateBandwidth(input),
    spoe: input['filter spoe'],
    extra: input.extra,
  };
}

/** A map without what is not given. */
export function present<Value>(map: Readonly<Record<string, Value | undefined>>): Readonly<Record<string, Value>> {
  return Object.fromEntries(Object.entries(map).flatMap(([key, value]) => (value === undefined ? [] : [[key, value]])));
}
