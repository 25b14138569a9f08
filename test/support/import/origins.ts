import { proxiesOf } from '../../../proxy/haproxy/import/section.ts';
import { readConfig } from '../../../proxy/haproxy/import/source.ts';
import { type KeyPair, makeCertificate } from '../haproxy-certificates.ts';
import type { Canned, Origin } from '../haproxy-peer.ts';
import { servers } from '../netns.ts';
import type { Outside } from '../outside.ts';

/** A packet of MySQL: three bytes of length, a number, and what it says (MySQL's client/server protocol, "Packets"). */
const mysql = (number: number, text: string) => `${String.fromCharCode(text.length & 0xff, text.length >> 8, 0, number)}${text}`;

/** Databases by their port: each but Redis on app2, which says that it is a replica, is well. */
function database(address: string, port: number): Canned | null {
  switch (port) {
    case 3306: {
      const greeting =
        '\x0a8.0.0\0\x01\0\0\0abcdefgh\0\xff\xf7\xff\x02\0\xff\x81\x15\0\0\0\0\0\0\0\0\0\0abcdefghijkl\0mysql_native_password\0';
      return { greeting: mysql(0, greeting), answers: [{ to: 'haproxy', say: mysql(2, '\0\0\0\x02\0\0\0') }] };
    }
    case 5432:
      return {
        answers: [
          { to: 'health', say: 'R\0\0\0\x08\0\0\0\0' },
          { to: '\x04\xd2\x16\x2f', say: address === servers.app2 ? 'S' : 'N' },
        ],
      };
    case 6379:
      return {
        answers: [
          { to: 'PING', say: '+PONG\r\n' },
          { to: 'info replication', say: `$11\r\nrole:${address === servers.app2 ? 'slave' : 'master'}\r\n` },
          { to: 'QUIT', say: '+OK\r\n', ends: true },
        ],
      };
    default:
      return null;
  }
}

const pairs = new Map<string, Promise<KeyPair>>();

/** A certificate with its key for a name, the same each time. */
export function certificateFor(name: string): Promise<KeyPair> {
  const made = pairs.get(name) ?? makeCertificate(name);
  pairs.set(name, made);
  return made;
}

/** The server that a haproxy.cfg means by an address and port: a database, TLS, HTTP, or one that greets and repeats what it hears. */
async function originAt(where: string, mode: string, words: readonly string[]): Promise<Origin> {
  const [address = '', text = ''] = where.split(':');
  const port = Number(text);
  const common = { name: where, address, port };
  const canned = mode === 'tcp' ? database(address, port) : null;
  if (canned !== null) return { ...common, kind: 'canned', canned };
  const isTls = words.includes('ssl') || /443$/.test(text);
  return { ...common, kind: mode === 'http' || isTls ? 'http' : 'tcp', ...(isTls ? { tls: await certificateFor('origin.example') } : {}) };
}

/** Runs something while the servers that a haproxy.cfg names are there; app1 to app3 are there already. */
export async function withOrigins({ peer }: Outside, source: string, use: () => Promise<void>): Promise<void> {
  const ours = new Set<string>(Object.values(servers));
  const origins = new Map<string, Origin>();
  for (const { directives } of proxiesOf(readConfig(source).sections)) {
    const mode = directives.findLast(({ words }) => words[0] === 'mode')?.words[1] ?? 'tcp';
    for (const { words } of directives) {
      const [first, , where = ''] = words;
      const [, address = '', port] = /^([\d.]+):(\d+)$/.exec(where) ?? [];
      const isThere = /^10\.20\.0\.1[123]:8080$/.test(where) || port === '9';
      if (first === 'server' && ours.has(address) && !isThere && !origins.has(where))
        origins.set(where, await originAt(where, mode, words));
    }
  }
  for (const origin of origins.values()) await peer.up(origin);
  try {
    await use();
  } finally {
    for (const { name } of origins.values()) await peer.down(name);
  }
}
