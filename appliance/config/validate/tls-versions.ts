import type { Problem } from '../problem.ts';
import { type At, type Context, problem } from './context.ts';

/** Versions of TLS, the oldest first. */
const VERSIONS = ['TLSv1.0', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3'] as const;
type Version = (typeof VERSIONS)[number];

/** The oldest and the newest TLS that is spoken, where they are said. */
interface Range {
  readonly 'ssl-min-ver'?: Version | undefined;
  readonly 'ssl-max-ver'?: Version | undefined;
}

/** Checks that a version of TLS is left wherever one is spoken: what is not said is what the global section says, or TLSv1.2 and newer. */
export function checkTlsVersions({ document }: Context): readonly Problem[] {
  const { global, certificates, frontends, backends } = document;
  const clients = withDefault(global['ssl-default-bind-options'], {});
  const servers = withDefault(global['ssl-default-server-options'], {});
  const ofServers = Object.entries(backends).flatMap(
    ([name, { servers: each, 'server-template': templates, 'default-server': shared }]) => {
      const ssl = (of: unknown): Range => (typeof of === 'object' && of !== null ? of : {});
      const common = withDefault(ssl(shared.ssl), servers);
      return [
        ...checkRange(ssl(shared.ssl), servers, ['backends', name, 'default-server', 'ssl']),
        ...Object.entries(each).flatMap(([server, input]) =>
          typeof input === 'string'
            ? []
            : checkRange(ssl(input.ssl), input.ssl === undefined ? common : servers, ['backends', name, 'servers', server, 'ssl']),
        ),
        ...Object.entries(templates).flatMap(([server, input]) =>
          checkRange(ssl(input.ssl), servers, ['backends', name, 'server-template', server, 'ssl']),
        ),
      ];
    },
  );
  return [
    ...checkRange(global['ssl-default-bind-options'], {}, ['global', 'ssl-default-bind-options']),
    ...checkRange(global['ssl-default-server-options'], {}, ['global', 'ssl-default-server-options']),
    ...Object.entries(certificates).flatMap(([name, certificate]) => checkRange(certificate, clients, ['certificates', name])),
    ...Object.entries(frontends).flatMap(([name, { bind }]) =>
      bind.flatMap((each, index) => checkRange(each, clients, ['frontends', name, 'bind', index])),
    ),
    ...ofServers,
  ];
}

function withDefault(own: Range, otherwise: Range): Range {
  return { 'ssl-min-ver': own['ssl-min-ver'] ?? otherwise['ssl-min-ver'], 'ssl-max-ver': own['ssl-max-ver'] ?? otherwise['ssl-max-ver'] };
}

function checkRange(own: Range, otherwise: Range, at: At): readonly Problem[] {
  if (own['ssl-min-ver'] === undefined && own['ssl-max-ver'] === undefined) return [];
  const { 'ssl-min-ver': least = 'TLSv1.2', 'ssl-max-ver': most = 'TLSv1.3' } = withDefault(own, otherwise);
  if (VERSIONS.indexOf(least) <= VERSIONS.indexOf(most)) return [];
  const key = own['ssl-max-ver'] === undefined ? 'ssl-min-ver' : 'ssl-max-ver';
  return [problem([...at, key], `no TLS is left: the oldest is ${least}, the newest ${most}`, `write ssl-min-ver: ${most}`)];
}
