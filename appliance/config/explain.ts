import type { z } from 'zod';
import { nearest, suggestion } from './nearest.ts';
import { type Problem, quote } from './problem.ts';
import { advise, describeValue } from './schema/scalar.ts';

type Issue = z.core.$ZodIssue;
type RawIssue = z.core.$ZodRawIssue;

/** Words of HAProxy that an operator may look for and that weir does not know yet, and what to do instead. */
const UNSUPPORTED: Readonly<Record<string, string>> = {
  quic: 'write alpn: [h3, h2, http/1.1]',
  'track-sc3': 'weir tracks in counters 0 to 2',
  'send-proxy-v2': 'write send-proxy: v2',
  on: 'write link: and the name of the link below',
  listen: 'write a frontend and a backend',
  email: 'weir sends no mail',
  'minsize-req': 'it needs HAProxy 3.2, this is 3.0',
  'minsize-res': 'it needs HAProxy 3.2, this is 3.0',
  'log-profile': 'it needs HAProxy 3.1, this is 3.0: write log-format',
  ecdhe: 'write curves: [X25519, prime256v1]',
  'tune.notsent-lowat.client': 'it needs HAProxy 3.2, this is 3.0: write tuning: { sysctl: { net.ipv4.tcp_notsent_lowat: … } }',
  'tune.notsent-lowat.server': 'it needs HAProxy 3.2, this is 3.0: write tuning: { sysctl: { net.ipv4.tcp_notsent_lowat: … } }',
  'tcp-md5sig': 'it needs HAProxy 3.3, this is 3.0',
  'accept-invalid-http-request': 'requests are read strictly: whoever breaks HTTP is refused',
  'hash-preserve-affinity': 'HAProxy has it from version 3.2 on, this one is 3.0',
  'init-state': 'HAProxy has it from version 3.1 on, this one is 3.0',
  'external-check': 'it would need to start programs, which HAProxy may not here: write agent-check: or tcp-check:',
  'ssl-hello-chk': 'its SSLv3 greeting is refused everywhere: write check: { ssl: true }',
  dispatch: 'write a backend with one server',
  transparent: 'write a backend with servers',
  forceclose: 'write httpclose: true',
  'http-tunnel': 'HAProxy has it no more: a connection that is upgraded becomes a tunnel by itself',
  appsession: 'write stick: [{ store-response: res.cook(NAME), table: … }, { match: req.cook(NAME), table: … }]',
};

/** What zod calls a type, as a person calls it. */
const TYPES: Readonly<Record<string, string>> = {
  object: 'a map',
  record: 'a map',
  array: 'a list',
  string: 'text',
  boolean: 'true or false',
  number: 'a number',
  int: 'a whole number',
};

/** Of more unknown keys in one map nobody reads: each costs a search for the key that was meant. */
const MOST_KEYS = 200;

/** Stands for the text of an issue about something that is not there: its key is known later. */
const MISSING = 'missing';

/** The text of an issue for which the schema has none of its own; a hint stands behind a line break. Given to zod as its error function. */
export function issueText(issue: RawIssue): string | undefined {
  if (issue.input === undefined) return MISSING;
  switch (issue.code) {
    case 'invalid_type': {
      const wanted = TYPES[issue.expected] ?? issue.expected;
      return advise(`expected ${wanted}, got ${describeValue(issue.input)}`, rewritten(issue));
    }
    case 'invalid_value': {
      const words = issue.values.map(String);
      const given = typeof issue.input === 'string' ? quote(issue.input) : describeValue(issue.input);
      const wanted = words.length === 1 ? (words[0] ?? '') : `one of ${words.join(', ')}`;
      const meant = typeof issue.input === 'string' ? nearest(issue.input, words) : null;
      return advise(`expected ${wanted}, got ${given}`, meant === null ? undefined : `did you mean ${quote(meant)}?`);
    }
    case 'unrecognized_keys': {
      const shape = (issue.inst as { _zod?: { def?: { shape?: object } } } | undefined)?._zod?.def?.shape;
      const known = Object.keys(shape ?? {});
      // One line pair for each key, in their order: explainIssues takes them apart.
      return issue.keys
        .slice(0, MOST_KEYS)
        .map((key) => advise(`unknown key ${quote(key)}`, Object.hasOwn(UNSUPPORTED, key) ? UNSUPPORTED[key] : suggestion(key, known)))
        .join('\r');
    }
    case 'too_small':
      return issue.origin === 'string' ? 'the text is empty' : `expected at least ${String(issue.minimum)}`;
    case 'too_big': {
      const unit = issue.origin === 'string' ? ' characters' : issue.origin === 'array' ? ' things' : '';
      return `expected at most ${String(issue.maximum)}${unit}`;
    }
    default:
      return undefined;
  }
}

/** How a value of another type would be written as the one that is wanted; undefined where that cannot be said. */
function rewritten({ expected, input, inst }: Extract<RawIssue, { code: 'invalid_type' }>): string | undefined {
  if (input === null) return 'give it a value, or remove the key';
  if (expected === 'string' && typeof input === 'number') return 'put it in quotes';
  if (expected === 'boolean' && /^(?:yes|on)$/i.test(String(input))) return 'write true';
  if (expected === 'boolean' && /^(?:no|off)$/i.test(String(input))) return 'write false';
  if (expected === 'record' && Array.isArray(input)) return 'each has a name, and no dash: { name: … }';
  if (expected !== 'array') return undefined;
  const element = (inst as { _zod?: { def?: { element?: { _zod?: { def?: { type?: string } } } } } } | undefined)?._zod?.def?.element;
  if (element?._zod?.def?.type === 'object') return 'write a list of maps: [{ … }]';
  if (typeof input === 'object') return undefined;
  const word = /^[A-Za-z0-9][A-Za-z0-9_./-]*$/.test(String(input)) ? String(input) : JSON.stringify(input);
  return word.length > 60 ? 'put it into a list: […]' : `write [${word}]`;
}

/** Makes problems of what zod found. Where a value may have several forms, only what is wrong with the form that was meant is said. */
export function explainIssues(issues: readonly Issue[], base: readonly (string | number)[] = []): Problem[] {
  return issues.flatMap((issue) => {
    const at = [...base, ...issue.path.map((step) => (typeof step === 'symbol' ? String(step) : step))];
    switch (issue.code) {
      case 'unrecognized_keys': {
        const texts = issue.message.split('\r');
        return issue.keys.slice(0, MOST_KEYS).map((key, index) => problem([...at, key], texts[index] ?? '', 'key'));
      }
      case 'invalid_key':
        return issue.issues.map((inner) => problem(at, inner.message, 'key'));
      case 'invalid_union':
        return explainUnion(issue, at);
      default:
        return [issue.message === MISSING ? missing(at) : problem(at, issue.message)];
    }
  });
}

function explainUnion(issue: z.core.$ZodIssueInvalidUnion, at: readonly (string | number)[]): Problem[] {
  if (issue.message === MISSING) return [missing(at)];
  const forms = issue.errors.map((errors) => ({ errors, match: match(errors) }));
  const best = Math.max(...forms.map((form) => form.match));
  if (best < 2 && issue.message !== 'Invalid input') return [problem(at, issue.message)];
  if (best === 0) {
    const wanted = forms.flatMap(({ errors }) =>
      errors.map((error) => (error.code === 'invalid_type' ? (TYPES[error.expected] ?? error.expected) : '')),
    );
    const message = forms[0]?.errors[0]?.message ?? '';
    const got = message.includes(', got ') ? message.slice(message.indexOf(', got ')).split('\n', 1)[0] : '';
    const hint = forms.flatMap(({ errors }) => errors.map((error) => error.message.split('\n')[1])).find((words) => words !== undefined);
    return [problem(at, advise(`expected ${[...new Set(wanted)].join(' or ')}${got}`, hint))];
  }
  return explainIssues(forms.find((form) => form.match === best)?.errors ?? [], at);
}

/** How well a value fits a form that it fails: 0 another type, 1 another value of the same, 2 something within it. */
function match(errors: readonly Issue[]): 0 | 1 | 2 {
  const [first] = errors;
  if (first === undefined || first.path.length > 0 || errors.length > 1) return 2;
  if (first.code === 'invalid_type') return 0;
  if (first.code === 'invalid_union') return first.errors.every((inner) => match(inner) === 0) ? 0 : 2;
  return first.code === 'invalid_value' ? 1 : 2;
}

function missing(at: readonly (string | number)[]): Problem {
  return problem(at, `${quote(String(at.at(-1) ?? 'version'))} is missing`);
}

/** A problem from a text whose hint stands behind a line break. */
function problem(at: readonly (string | number)[], text: string, on?: 'key'): Problem {
  const [message = '', hint] = text.split('\n', 2);
  return { at, message, ...(hint === undefined ? {} : { hint }), ...(on === undefined ? {} : { on }) };
}
