import type { DataPlane } from '../model.ts';
import { comment, line } from './quote.ts';
import { isResolved } from './server.ts';
import { actionsOf } from './uses.ts';

/** The section `resolvers system`, or nothing where no server has a name and no rule looks one up: the machine's own resolver at its fixed address (systemd-resolved(8)). */
export function resolversSection(plane: DataPlane): readonly (readonly string[])[] {
  const isAsked = actionsOf(plane).some((action) => action.kind === 'do-resolve' && action.resolvers === 'system');
  if (!isAsked && !plane.backends.some(({ servers }) => servers.some(isResolved))) return [];
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
