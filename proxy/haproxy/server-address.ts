/** Where the section of a backend in haproxy.cfg, as weir renders it, begins and ends; null: there is none. */
function sectionOf(config: string, backend: string): readonly [number, number] | null {
  const at = config.search(new RegExp(`^backend ${backend.replaceAll('.', '\\.')}(?: |$)`, 'm'));
  if (at === -1) return null;
  const length = config.slice(at + 1).search(/\n(?=[^\s#])/);
  return [at, length === -1 ? config.length : at + 1 + length];
}

/** Where a server line says that the server is: the offsets of that word; null: there is no such line. */
function placeOf(config: string, backend: string, server: string): readonly [number, number] | null {
  const section = sectionOf(config, backend);
  if (section === null) return null;
  const words = `\n    server ${server} `;
  const at = config.indexOf(words, section[0]);
  if (at === -1 || at >= section[1]) return null;
  const from = at + words.length;
  return [from, from + (/^\S*/.exec(config.slice(from, from + 300))?.[0].length ?? 0)];
}

/** The address of a server in haproxy.cfg, `10.20.0.11:8080` or `[2001:db8::1]:8080`; null where it is not there. */
export function addressIn(config: string, backend: string, server: string): string | null {
  const place = placeOf(config, backend, server);
  return place === null ? null : config.slice(...place);
}

/**
 * haproxy.cfg with another address of a server, as a worker that starts must read it: HAProxy takes an address that was changed while it ran from nowhere
 * else (configuration manual, 5.2 "init-addr": `last` is for names). The mark stays that of the document. Unchanged where there is no such server.
 */
export function withAddress(config: string, backend: string, server: string, address: string): string {
  const place = placeOf(config, backend, server);
  return place === null ? config : `${config.slice(0, place[0])}${address}${config.slice(place[1])}`;
}

/** Ports beside a server's own that HAProxy may connect to at its address: those of its checks and of its agent, as its section names them. */
export function portsBeside(config: string, backend: string): readonly number[] {
  const section = sectionOf(config, backend);
  if (section === null) return [];
  const lines = config
    .slice(...section)
    .split('\n')
    .filter((line) => /^\s+(?:server|default-server|tcp-check connect|http-check connect) /.test(line));
  const found = lines.flatMap((line) => [...line.matchAll(/ (?:port|agent-port) (\d{1,5})(?= |$)/g)].map(([, port]) => Number(port)));
  return [...new Set(found)].filter((port) => port > 0 && port < 65_536);
}
