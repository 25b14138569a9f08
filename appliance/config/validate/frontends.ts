import { type Problem, quote } from '../problem.ts';
import { CLOSE_OPTIONS, HTTP_FRONTEND_OPTIONS } from '../schema/frontend-option.ts';
import { type At, type Context, firsts, problem } from './context.ts';

type Frontend = Context['document']['frontends'][string];

/** Checks frontends: their backends and their rules go with their mode. */
export function checkFrontends(context: Context): readonly Problem[] {
  const { frontends, backends } = context.document;
  const modes = firsts<{ readonly mode: 'http' | 'tcp'; readonly frontend: string }>();
  return Object.entries(frontends).flatMap(([name, frontend]) => {
    const at = ['frontends', name];
    const uses = [
      ...frontend.use_backend.map(({ backend }, index) => ({ backend, at: [...at, 'use_backend', index, 'backend'] as At })),
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
      ...checkOptions(frontend, at),
      ...(uses.length === 0 && (frontend.mode === 'tcp' || frontend['http-request'].length === 0) && frontend.extra.length === 0
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

function checkMode(frontend: Frontend, at: At): readonly Problem[] {
  if (frontend.mode === 'http') return [];
  const rules = (['http-request', 'http-response', 'http-after-response'] as const).filter((ruleset) => frontend[ruleset].length > 0);
  const timeouts = (['http-request', 'http-keep-alive'] as const).filter((event) => frontend.timeout[event] !== undefined);
  return [
    ...rules.map((ruleset) => ({
      ...problem([...at, ruleset], `${ruleset} rules need the mode http`, 'this frontend passes on TCP'),
      on: 'key' as const,
    })),
    ...Object.keys(frontend.option)
      .filter((option) => HTTP_FRONTEND_OPTIONS.includes(option))
      .map((option) => ({
        ...problem([...at, 'option', option], `the option ${option} needs the mode http`, 'this frontend passes on TCP'),
        on: 'key' as const,
      })),
    ...timeouts.map((event) => ({
      ...problem([...at, 'timeout', event], `the timeout ${event} needs the mode http`, 'this frontend passes on TCP'),
      on: 'key' as const,
    })),
  ];
}
