import { suggestion } from '../nearest.ts';
import { type Problem, quote } from '../problem.ts';
import { parseSocket } from '../schema/address.ts';
import { type At, type Context, problem } from './context.ts';
import { hasServer, isOfTemplate } from './servers.ts';

type Backend = Context['document']['backends'][string];

/** Checks what binds clients to servers: it names servers that there are, and stands where HAProxy looks at it. */
export function checkPersistence(name: string, backend: Backend, mode: 'http' | 'tcp'): readonly Problem[] {
  const at = ['backends', name];
  const { servers, persist, cookie, 'server-template': templates } = backend;
  const names = Object.keys(servers);
  return [
    ...backend['use-server'].flatMap((rule, index) =>
      rule.if !== undefined || rule.unless !== undefined
        ? []
        : [
            problem(
              [...at, 'use-server', index],
              'use-server needs a condition',
              'one server for every request is a backend of one server',
            ),
          ],
    ),
    ...backend['use-server'].flatMap(({ server }, index) => {
      if (server.includes('%') || hasServer(backend, server)) return [];
      return [problem([...at, 'use-server', index, 'server'], `this backend has no server ${quote(server)}`, suggestion(server, names))];
    }),
    ...names.flatMap((server) =>
      isOfTemplate(backend, server)
        ? [
            {
              ...problem([...at, 'servers', server], `a server of a template has the name ${quote(server)} too`, 'give it another'),
              on: 'key' as const,
            },
          ]
        : [],
    ),
    ...(cookie !== undefined && cookie['dynamic-cookie-key'] === undefined && Object.keys(templates).length > 0
      ? [
          {
            ...problem(
              [...at, 'cookie'],
              'servers of a template have no cookie of their own',
              'make it dynamic, or keep clients at them by stick: and a stick table',
            ),
            on: 'key' as const,
          },
        ]
      : []),
    ...(persist !== undefined && mode === 'http'
      ? [{ ...problem([...at, 'persist'], 'persist: rdp-cookie needs the mode tcp', 'RDP is no HTTP'), on: 'key' as const }]
      : []),
    ...(persist === undefined ? [] : withoutPort(backend, at)),
    ...(backend.option.persist === true && cookie === undefined
      ? [problem([...at, 'option', 'persist'], 'the option persist needs a cookie', 'it is about clients that a cookie binds')]
      : []),
  ];
}

/** Servers that a cookie of RDP cannot name, as it does by address and port. */
function withoutPort({ servers, 'server-template': templates }: Backend, at: At): readonly Problem[] {
  const told = (place: At) => problem(place, 'an RDP cookie names servers by address and port, and this one has no port', 'give it one');
  return [
    ...Object.entries(servers).flatMap(([name, input]) =>
      parseSocket(typeof input === 'string' ? input : input.address) === null ? [] : [told([...at, 'servers', name])],
    ),
    ...Object.entries(templates).flatMap(([name, { address }]) =>
      /:[0-9]+$/.test(address) ? [] : [told([...at, 'server-template', name])],
    ),
  ];
}
