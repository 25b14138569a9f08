import { BACKEND_OPTIONS } from './backend.ts';
import { FORMER_OPTIONS, FRONTEND_OPTIONS } from './frontend.ts';
import type { Draft, Ledger, Plain, Refusal } from './ledger.ts';
import { goneFromProxy } from './obsolete.ts';
import { below } from './own-answer.ts';
import type { Section } from './source.ts';
import { duration, whole } from './value.ts';

const TIMEOUTS = /^(?:client-hs|client|client-fin|http-request|http-keep-alive|connect|server|server-fin|queue|tunnel|check|tarpit)$/;
const FORMER_TIMEOUTS: Readonly<Record<string, string>> = { clitimeout: 'client', contimeout: 'connect', srvtimeout: 'server' };

/** The defaults of the document, and the lines that say them: no proxy need say them again. */
export interface Defaults {
  readonly draft: Draft;
  readonly lines: ReadonlySet<number>;
}

/** The one section that all proxies inherit; null: there are several, or some proxies inherit none. */
function commonOf(sections: readonly Section[]): Section | null {
  const first = sections.findIndex(({ keyword }) => ['frontend', 'backend', 'listen'].includes(keyword));
  const all = sections.filter(({ keyword }) => keyword === 'defaults');
  const [only] = all;
  return only !== undefined && all.length === 1 && (first < 0 || sections.indexOf(only) < first) ? only : null;
}

/** Reads timeouts and options of a `defaults` section that all proxies share; those of several such sections stand at each proxy. */
export function readDefaults(sections: readonly Section[], account: Ledger, refusal: Refusal): Defaults {
  const draft: Draft = {};
  const lines = new Set<number>();
  for (const directive of commonOf(sections)?.directives ?? []) {
    const made = refusal(directive.line) === null && goneFromProxy(directive.words) === null ? read(directive.words) : null;
    if (made === null) continue;
    const [key, inner, value] = made;
    if (inner === null) draft[key] = value;
    else below(draft, key)[inner] = value;
    lines.add(directive.line);
    account.became(directive, inner === null ? ['defaults', key] : ['defaults', key, inner]);
  }
  return { draft, lines };
}

/** The key, what stands below it, and the value; null: the line stands at each proxy. */
function read(words: readonly string[]): readonly [string, string | null, Plain] | null {
  const isNo = words[0] === 'no';
  const [first = '', second = '', third, ...rest] = isNo ? words.slice(1) : words;
  const event = first === 'timeout' ? second : FORMER_TIMEOUTS[first];
  if (event !== undefined) {
    const value = duration(first === 'timeout' ? third : second);
    return TIMEOUTS.test(event) && value !== null && !isNo ? ['timeout', event, value] : null;
  }
  if (first === 'option') {
    const option = FORMER_OPTIONS[second] ?? second;
    if (option === 'redispatch' && rest.length === 0) return ['option', option, isNo ? false : (whole(third) ?? true)];
    return third === undefined && (FRONTEND_OPTIONS.has(option) || BACKEND_OPTIONS.has(option)) ? ['option', option, !isNo] : null;
  }
  if (isNo || third !== undefined) return null;
  if (first === 'clitcpka-cnt') return whole(second) === null ? null : [first, null, whole(second)];
  if (first === 'clitcpka-idle' || first === 'clitcpka-intvl') return duration(second) === null ? null : [first, null, duration(second)];
  return null;
}
