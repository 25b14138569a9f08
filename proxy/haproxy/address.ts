/** An address and port as `bind` and `server` lines write them: IPv6 in brackets, a UNIX socket (`unix@…`) as it is. */
export function addressText({ address, port }: { readonly address: string; readonly port: number }): string {
  if (address.startsWith('unix@')) return address;
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
}
