import type { DataPlane, Resolvers } from '../model.ts';
import { addressText } from './address.ts';
import { type Line, placed } from './line.ts';
import { comment, line, name } from './quote.ts';
import { isResolved } from './server.ts';
import { staples } from './tls-defaults.ts';
import { actionsOf } from './uses.ts';

/** The sections `resolvers`: those of the document, and the machine's own where a server or a rule asks it. */
export function resolversSections(plane: DataPlane): readonly (readonly Line[])[] {
  return [...systemSection(plane), ...plane.resolvers.map(namedSection)];
}

function namedSection({ name: called, nameservers, settings }: Resolvers): readonly Line[] {
  return placed(
    ['resolvers', called],
    [
      `resolvers ${name(called)}`,
      ...nameservers.map((server) =>
        line('nameserver', name(server.name), `${server.protocol === 'tcp' ? 'tcp@' : ''}${addressText(server)}`),
      ),
      ...settings.map(([words, value]) => line(...words.split(' '), value)),
    ],
  );
}

/** The section `resolvers system`, or nothing where nobody asks it: the machine's own resolver at its fixed address (systemd-resolved(8)). */
function systemSection(plane: DataPlane): readonly (readonly string[])[] {
  const isAsked = actionsOf(plane).some((action) => action.kind === 'do-resolve' && action.resolvers === 'system');
  if (!isAsked && !staples(plane) && !plane.backends.some(({ servers }) => servers.some(isResolved))) return [];
  return [
    [
      'resolvers system',
      // Not parse-resolv-conf: HAProxy would refuse to start while /etc/resolv.conf, which systemd-resolved writes, is not there yet.
      comment('systemd-resolved on this machine, which knows the name servers of the document and of DHCP'),
      line('nameserver', 'resolved', '127.0.0.53:53'),
      line('accepted_payload_size', 8192),
      line('hold', 'valid', '10s'),
      comment('name servers that fail take no server out: the last address stands'),
      line('hold', 'other', '1d'),
      line('hold', 'refused', '1d'),
      line('hold', 'timeout', '1d'),
    ],
  ];
}
