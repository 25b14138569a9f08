import { type Problem, quote } from '../problem.ts';
import { type At, type Context, problem } from './context.ts';

/** A server that has the state of another, by `backend/server`. */
interface Tracking {
  readonly target: string;
  readonly at: At;
}

/** Checks that servers which take over the state of others find one that is tested: HAProxy would not start. */
export function checkTracks({ document, isWhole }: Context): readonly Problem[] {
  const trackings = trackingsOf(document.backends);
  if (trackings.size === 0) return [];
  const problems: Problem[] = [];
  const settled = new Set<string>();
  for (const [server, { target, at }] of trackings) {
    const [backend = '', name = ''] = target.split('/');
    const there = Object.hasOwn(document.backends, backend) ? document.backends[backend] : undefined;
    if (there === undefined || !Object.hasOwn(there.servers, name)) {
      if (isWhole('backends')) problems.push(problem(at, `there is no server ${quote(target)} to track`, 'write backend/server'));
      continue;
    }
    const own = there.servers[name];
    const isTested = there.check !== false && (typeof own === 'string' || own?.check !== false);
    if (!isTested && !trackings.has(target))
      problems.push(problem(at, `server ${quote(target)} is not tested, so that it has no state to track`, 'give it a check'));
    if (checksItself(server, document.backends))
      problems.push(problem(at, 'a server that has the state of another is not tested itself', 'remove its check'));
    const circle = circleFrom(server, trackings, settled);
    if (circle !== null)
      problems.push(problem(at, `servers track in a circle: ${circle.join(' tracks ')}`, 'one of them must be tested itself'));
  }
  return problems;
}

function trackingsOf(backends: Context['document']['backends']): ReadonlyMap<string, Tracking> {
  const trackings = new Map<string, Tracking>();
  for (const [backend, { servers, 'server-template': templates, 'default-server': shared }] of Object.entries(backends)) {
    // nobody can track a server of a template: its name here is that of all of them
    const all = [...Object.entries(servers), ...Object.entries(templates).map(([name, input]) => [`${name}*`, input] as const)];
    for (const [server, input] of all) {
      const own = typeof input === 'string' ? undefined : input.track;
      const track = own ?? shared.track;
      if (track === undefined) continue;
      const section = server.endsWith('*') ? 'server-template' : 'servers';
      const at = ['backends', backend, ...(own === undefined ? ['default-server'] : [section, server.replace('*', '')]), 'track'];
      trackings.set(`${backend}/${server}`, { target: track.includes('/') ? track : `${backend}/${track}`, at });
    }
  }
  return trackings;
}

/** The circle that a server is the first found of, or null; what is settled leads to none that was not told. */
function circleFrom(server: string, trackings: ReadonlyMap<string, Tracking>, settled: Set<string>): readonly string[] | null {
  const path: string[] = [];
  const seen = new Set<string>();
  let current: string | undefined = server;
  while (current !== undefined && !settled.has(current) && !seen.has(current)) {
    seen.add(current);
    path.push(current);
    current = trackings.get(current)?.target;
  }
  const circle = current !== undefined && seen.has(current) ? [...path.slice(path.indexOf(current)), current] : null;
  for (const each of path) settled.add(each);
  return circle;
}

/** Whether a server says how it is tested itself. */
function checksItself(server: string, backends: Context['document']['backends']): boolean {
  const [backend = '', name = ''] = server.split('/');
  const { servers = {}, 'server-template': templates = {} } = backends[backend] ?? {};
  const input = name.endsWith('*') ? templates[name.slice(0, -1)] : servers[name];
  return typeof input === 'object' && typeof input.check === 'object';
}
