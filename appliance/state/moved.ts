import { addressText } from '../../proxy/haproxy/address.ts';
import { portsBeside } from '../../proxy/haproxy/server-address.ts';
import { familyOf, normalAddress } from '../network/address.ts';
import { renderMoved } from '../network/moved.ts';
import type { Remote } from '../network/nftables.ts';
import type { RuntimeChange, ServerChange } from './runtime.ts';

/** A server that is elsewhere than its document says. */
export type Move = Extract<ServerChange, { readonly what: 'address' }>;

/** The servers among all changes that were moved. */
export function moves(changes: readonly RuntimeChange[]): readonly Move[] {
  return changes.flatMap((change) => (change.kind === 'server' && change.what === 'address' ? [change] : []));
}

/** An address as HAProxy tells it and a port as one, as haproxy.cfg has them; null: it is no address but a UNIX socket, or none yet. */
export function endpointOf(address: string, port: number): string | null {
  return familyOf(address) === null ? null : addressText({ address: normalAddress(address), port });
}

/** An address and a port as two. */
export function remoteOf(endpoint: string): Remote {
  const at = endpoint.lastIndexOf(':');
  return { address: endpoint.slice(0, at).replace(/^\[|\]$/g, ''), port: Number(endpoint.slice(at + 1)) };
}

/** The text of `/run/weir/moved.nft`: who answers because servers were moved, each at its own port and at those of its checks, which haproxy.cfg names. */
export function movedText(moved: readonly Move[], config: string): string {
  const remotes = moved.flatMap(({ backend, value }): readonly Remote[] => {
    const own = remoteOf(value);
    return [own, ...portsBeside(config, backend).map((port) => ({ ...own, port }))];
  });
  return renderMoved(remotes);
}
