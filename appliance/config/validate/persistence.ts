import { suggestion } from '../nearest.ts';
import { type Problem, quote } from '../problem.ts';
import { type Context, problem } from './context.ts';

type Backend = Context['document']['backends'][string];

/** Checks what binds clients to servers: it names servers that there are, and stands where HAProxy looks at it. */
export function checkPersistence(name: string, backend: Backend, mode: 'http' | 'tcp'): readonly Problem[] {
  const at = ['backends', name];
  const { servers, persist, cookie } = backend;
  const names = Object.keys(servers);
  return [
    ...backend['use-server'].flatMap(({ server }, index) => {
      if (server.includes('%') || Object.hasOwn(servers, server)) return [];
      return [problem([...at, 'use-server', index, 'server'], `this backend has no server ${quote(server)}`, suggestion(server, names))];
    }),
    ...(persist !== undefined && mode === 'http'
      ? [{ ...problem([...at, 'persist'], 'persist: rdp-cookie needs the mode tcp', 'RDP is no HTTP'), on: 'key' as const }]
      : []),
    ...(backend.option.persist === true && cookie === undefined
      ? [problem([...at, 'option', 'persist'], 'the option persist needs a cookie', 'it is about clients that a cookie binds')]
      : []),
  ];
}
