import type { Check, CheckSettings, CheckStep, Word } from '../../../proxy/model.ts';
import { CHECK_METHODS, EXPECTED, OUTCOMES } from '../schema/check-step.ts';
import type { Document } from '../schema.ts';
import { present } from './frontend.ts';

type CheckInput = Exclude<Document['backends'][string]['check'], boolean | undefined>;
type OwnInput = Exclude<Extract<Document['backends'][string]['servers'][string], object>['check'], boolean>;
type StepInput = NonNullable<CheckInput['http-check'] | CheckInput['tcp-check']>[number];
type ExpectInput = NonNullable<CheckInput['expect'] | NonNullable<CheckInput['tcp-check']>[number]['expect']>;

/** What a check has where the document does not say: every 2 s, three failures, two successes. */
const USUAL: CheckSettings = {
  inter: '2s',
  fastinter: null,
  downinter: null,
  fall: 3,
  rise: 2,
  port: null,
  addr: null,
  ssl: false,
  sni: null,
  alpn: [],
  sendProxy: false,
};

/** How the servers of a backend are tested; null: they are not. */
export function translateCheck(input: CheckInput | boolean | undefined): Check | null {
  if (input === false) return null;
  if (input === undefined || input === true) return { ...USUAL, kind: 'tcp', disableOn404: false, sendState: false };
  const states = { disableOn404: input['disable-on-404'] ?? false, sendState: input['send-state'] ?? false };
  return { ...USUAL, ...translateSettings(input), ...states, ...translateQuestion(input) };
}

/** What a server's checks have of their own. */
export function translateSettings(input: OwnInput): Partial<CheckSettings> {
  const { inter, fastinter, downinter, fall, rise, port, addr, ssl, sni, alpn, 'send-proxy': sendProxy } = input;
  return present<unknown>({ inter, fastinter, downinter, fall, rise, port, addr, ssl, sni, alpn, sendProxy }) as Partial<CheckSettings>;
}

function translateQuestion(input: CheckInput) {
  const { host = null, headers, expect, mysql, pgsql, redis, smtp, spop, ldap } = input;
  const method = CHECK_METHODS.find((each) => input[each] !== undefined);
  if (method !== undefined) {
    const words = expect === undefined ? [] : expectWords(expect);
    return { kind: 'http', method, path: input[method] ?? '/', host, headers, expect: words } as const;
  }
  for (const of of ['http-check', 'tcp-check'] as const) {
    const steps = input[of];
    if (steps !== undefined) return { kind: 'steps', of, steps: steps.map(translateStep) } as const;
  }
  const words =
    mysql !== undefined
      ? ['mysql-check', ...(mysql === true ? [] : ['user', mysql.user])]
      : pgsql !== undefined
        ? ['pgsql-check', 'user', pgsql.user]
        : redis !== undefined
          ? ['redis-check']
          : smtp !== undefined
            ? ['smtpchk', ...(smtp === true ? [] : [smtp.hello, smtp.domain])]
            : spop !== undefined
              ? ['spop-check']
              : ldap !== undefined
                ? ['ldap-check']
                : null;
  return words === null ? ({ kind: 'tcp' } as const) : ({ kind: 'protocol', words } as const);
}

function translateStep(step: StepInput): CheckStep {
  const { connect, comment, expect, 'set-var': variable, 'unset-var': forgotten } = step;
  if (connect !== undefined) return { verb: 'connect', words: connectWords(connect) };
  if (forgotten !== undefined) return { verb: `unset-var(${forgotten})`, words: [] };
  if (comment !== undefined) return { verb: 'comment', words: [comment] };
  if (expect !== undefined) return { verb: 'expect', words: expectWords(expect) };
  for (const [name, sample] of Object.entries(variable ?? {})) return { verb: `set-var(${name})`, words: [sample] };
  if ('send' in step && typeof step.send === 'object') return { verb: 'send', words: sendWords(step.send) };
  if ('send' in step && typeof step.send === 'string') return { verb: 'send', words: [{ escaped: step.send }] };
  for (const verb of ['send-lf', 'send-binary', 'send-binary-lf'] as const) {
    const text = verb in step ? (step as { readonly [key in typeof verb]?: string | undefined })[verb] : undefined;
    if (text !== undefined) return { verb, words: [text] };
  }
  throw new Error(`a step without a verb: ${JSON.stringify(step)}`);
}

function connectWords(input: NonNullable<StepInput['connect']>): readonly Word[] {
  const { port, addr, ssl, sni, alpn, 'send-proxy': sendProxy, linger } = input;
  const flag = (key: string, value: true | undefined) => (value === true ? [key] : []);
  const option = (key: string, value: string | number | undefined) => (value === undefined ? [] : [key, String(value)]);
  return [
    ...(port === undefined && addr === undefined && ssl === undefined && sendProxy === undefined ? ['default'] : []),
    // here HAProxy takes what stands behind the last colon for a port, which `port` says
    ...option('addr', addr?.includes(':') ? `[${addr}]` : addr),
    ...option('port', port),
    ...flag('send-proxy', sendProxy),
    ...flag('ssl', ssl),
    ...option('sni', sni),
    ...option('alpn', alpn?.join(',')),
    ...option('proto', 'proto' in input ? (input.proto as string | undefined) : undefined),
    ...flag('linger', linger),
  ];
}

function sendWords(input: Exclude<NonNullable<NonNullable<CheckInput['http-check']>[number]['send']>, string>): readonly Word[] {
  const { meth, uri, 'uri-lf': uriFormat, ver, hdr, body, 'body-lf': bodyFormat } = input;
  // without a Host header HTTP/1.1 is refused by every server (RFC 9112, 3.2)
  const version = ver ?? (Object.keys(hdr).some((name) => name.toLowerCase() === 'host') ? 'HTTP/1.1' : undefined);
  return [
    ...['meth', meth, ...(uriFormat === undefined ? ['uri', uri ?? '/'] : ['uri-lf', uriFormat])],
    ...(version === undefined ? [] : ['ver', version]),
    ...Object.entries(hdr).flatMap(([name, value]) => ['hdr', name, value]),
    ...(body === undefined ? [] : ['body', body]),
    ...(bodyFormat === undefined ? [] : ['body-lf', bodyFormat]),
  ];
}

function expectWords(expect: ExpectInput): readonly Word[] {
  const said = expect as Readonly<Record<string, unknown>>;
  const outcomes = OUTCOMES.flatMap((key) => (said[key] === undefined ? [] : [key, String(said[key])]));
  const match = EXPECTED.find((key) => said[key] !== undefined) ?? 'string';
  return [...outcomes, ...(said.not === true ? ['!'] : []), match, ...patternWords(said[match])];
}

function patternWords(pattern: unknown): readonly string[] {
  if (typeof pattern !== 'object' || pattern === null || Array.isArray(pattern)) return [[pattern].flat().join(',')];
  const { match, 'name-match': nameMatch, ...said } = pattern as Readonly<Record<string, string | undefined>>;
  const worded = (key: 'name' | 'value', way: string | undefined) => {
    const [word, text] = said[key] === undefined ? [`${key}-lf`, said[`${key}-lf`]] : [key, said[key]];
    return text === undefined ? [] : [word, ...(way === undefined || (way === 'str' && key === 'value') ? [] : ['-m', way]), text];
  };
  return [...worded('name', nameMatch), ...worded('value', match)];
}
