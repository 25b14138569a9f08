/** An address and port as `bind` and `server` lines write them: IPv6 in brackets. */
export function addressText({ address, port }: { readonly address: string; readonly port: number | string }): string {
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
}

/**
 * The address of a server: a UNIX socket is that of a program, or `sockets` says which socket a bind of ours has there. HAProxy's worker connects from within
 * its chroot, where both folders are to be found under the same path (image: haproxy.service).
 */
export function serverAddress(server: { readonly address: string; readonly port: number }, sockets: ReadonlyMap<string, string>): string {
  if (server.address.startsWith('abns@')) return server.address;
  return server.address.startsWith('/') ? `unix@${sockets.get(server.address) ?? server.address}` : addressText(server);
}
