/** An address and port as `bind` and `server` lines write them: IPv6 in brackets. */
export function addressText({ address, port }: { readonly address: string; readonly port: number | string }): string {
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
}
