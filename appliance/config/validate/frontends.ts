import { type Problem, quote } from '../problem.ts';
import { CLOSE_OPTIONS, HTTP_FRONTEND_OPTIONS } from '../schema/frontend-option.ts';
import { namedBackends } from '../translate/frontend.ts';
import { type At, type Context, firsts, problem } from './context.ts';

type Frontend = Context['document']['frontends'][string];

/** Checks frontends: their backends and their rules go with their mode. */
export function checkFrontends(context: Context): readonly Problem[] {
  const { frontends, backends } = context.document;
  const modes = firsts<{ readonly mode: 'http' | 'tcp'; readonly frontend: string }>();
  return Object.entries(frontends).flatMap(([name, frontend]) => {
    const at = ['frontends', name];
    const uses = [
      ...frontend.use_backend.flatMap(({ backend: route }, index) => {
        const place: At = [...at, 'use_backend', index, 'backend'];
        return namedBackends(route).map((backend) => ({ backend, at: typeof route === 'string' ? place : [...place, 'default'] }));
      }),
      ...(frontend.default_backend === undefined ? [] : [{ backend: frontend.default_backend, at: [...at, 'default_backend'] as At }]),
    ];
    const seen = new Set<string>();
    const modeProblems = uses.flatMap(({ backend, at: place }) => {
      if (!Object.hasOwn(backends, backend) || seen.has(backend)) return [];
      seen.add(backend);
      const own = backends[backend]?.mode;
      const first = own === undefined ? modes(backend, { mode: frontend.mode, frontend: name }) : null;
      const mode = own ?? first?.mode ?? frontend.mode;
      if (mode === frontend.mode) return [];
      const why = first === null ? 'says its mode' : `is used by frontend ${quote(first.frontend)}`;
      return [
        problem(
          place,
          `this frontend has the mode ${frontend.mode}, backend ${quote(backend)} has ${mode}`,
          `the backend ${why}: make the modes the same`,
        ),
      ];
    });
    return [
      ...modeProblems,
      ...checkMode(frontend, at),
      ...checkCaptures(frontend, at, context.document.global['tune.http.cookielen'] ?? LONGEST_COOKIE),
      ...checkOptions(frontend, at),
      ...(uses.length === 0 &&
      frontend.use_backend.length === 0 &&
      (frontend.mode === 'tcp'
        ? frontend['tcp-request content'].length === 0
        : frontend['http-request'].length === 0 && frontend.stats === undefined) &&
      frontend.extra.length === 0
        ? [problem(at, `frontend ${quote(name)} leads nowhere`, 'write default_backend:')]
        : []),
    ];
  });
}

/** One option says what becomes of a connection after its answer. */
function checkOptions({ option }: Frontend, at: At): readonly Problem[] {
  const given = CLOSE_OPTIONS.filter((key) => option[key] === true);
  const [first, second] = given;
  return second === undefined
    ? []
    : [
        {
          ...problem([...at, 'option', second], `${second} and ${first} do not go together`, 'each says what becomes of a connection'),
          on: 'key',
        },
      ];
}

/** Bytes of a captured cookie that HAProxy keeps unless told (configuration manual, 3.2 "tune.http.cookielen"). */
const LONGEST_COOKIE = 63;

function checkCaptures({ 'capture cookie': cookie = {} }: Frontend, at: At, most: number): readonly Problem[] {
  return Object.entries(cookie).flatMap(([name, length]) =>
    length > most
      ? [
          problem(
            [...at, 'capture cookie', name],
            `${most} bytes of a cookie are kept at most`,
            'global: tune.http.cookielen says how many',
          ),
        ]
      : [],
  );
}

/** What only HTTP has. */
const OF_HTTP = ['capture cookie', 'compression', 'maintenance', 'monitor-uri', 'stats', 'unique-id-header'] as const;
const LISTS_OF_HTTP = ['capture request header', 'capture response header', 'errorfiles', 'http-error'] as const;

function checkMode(frontend: Frontend, at: At): readonly Problem[] {
  const needs = (place: At, what: string): Problem => ({
    ...problem(place, `${what} the mode http`, 'this frontend passes on TCP'),
    on: 'key',
  });
  const alone = [
    ...(frontend['unique-id-header'] !== undefined && frontend['unique-id-format'] === undefined
      ? [problem([...at, 'unique-id-header'], 'unique-id-header needs unique-id-format', 'it says what the header holds')]
      : []),
    ...(frontend['monitor fail'] !== undefined && frontend['monitor-uri'] === undefined
      ? [problem([...at, 'monitor fail'], 'monitor fail needs monitor-uri', 'it says when its answer is 503')]
      : []),
  ];
  if (frontend.mode === 'http') return alone;
  const rules = (['http-request', 'http-response', 'http-after-response'] as const).filter((ruleset) => frontend[ruleset].length > 0);
  const timeouts = (['http-request', 'http-keep-alive'] as const).filter((event) => frontend.timeout[event] !== undefined);
  const keys = [
    ...OF_HTTP.filter((key) => frontend[key] !== undefined),
    ...LISTS_OF_HTTP.filter((key) => Object.keys(frontend[key]).length > 0),
  ];
  return [
    ...alone,
    ...rules.map((ruleset) => needs([...at, ruleset], `${ruleset} rules need`)),
    ...Object.keys(frontend.option)
      .filter((option) => HTTP_FRONTEND_OPTIONS.includes(option))
      .map((option) => needs([...at, 'option', option], `the option ${option} needs`)),
    ...timeouts.map((event) => needs([...at, 'timeout', event], `the timeout ${event} needs`)),
    ...keys.map((key) => needs([...at, key], `${key} needs`)),
  ];
}
