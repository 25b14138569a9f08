import type { Host } from '../host/host.ts';

/** A TCP address that somebody listens on, or wants to: `any` stands for every address of the families. */
interface Listener {
  readonly address: string;
  readonly port: number;
  /** Which families: an IPv6 wildcard may take IPv4 too. */
  readonly families: readonly (4 | 6)[];
  readonly isAny: boolean;
  /** Who it is, as ss(8) tells it, or empty. */
  readonly program: string;
}

/**
 * Whether HAProxy would find its ports taken; answers with those that are. It must not be left to find out itself: before a new worker gives up on a port it
 * pauses the old worker's listeners for 2 seconds (MAX_START_RETRIES in HAProxy's `haproxy.c`), and `haproxy -c` does not bind.
 */
export async function takenPorts(host: Host, before: string, after: string): Promise<readonly string[]> {
  const ours = new Set(boundBy(before).map(nameOf));
  const fresh = boundBy(after).filter((bind) => !ours.has(nameOf(bind)));
  if (fresh.length === 0) return [];
  const { stdout } = await host.run('ss', ['--no-header', '--listening', '--numeric', '--tcp', '--processes']);
  const others = stdout
    .split('\n')
    .flatMap(listenerOf)
    .filter((one) => !ours.has(nameOf(one)));
  return fresh.flatMap((bind) => {
    const other = others.find((one) => overlaps(bind, one));
    if (other === undefined) return [];
    return [
      `port ${bind.port} of ${bind.address} is taken: ${other.program || 'something that is not HAProxy'} listens on ${other.address}:${other.port}`,
    ];
  });
}

/** The TCP addresses of a configuration's binds (configuration manual, 4.2 "bind"); UNIX sockets and inherited descriptors are none. */
function boundBy(config: string): readonly Listener[] {
  return [...config.matchAll(/^\s+bind\s+(\S+)/gm)].flatMap(([, address = '']) => {
    const [, first, last] = /:(\d+)-(\d+)$/.exec(address) ?? [];
    if (first === undefined) return parsed(address, '');
    const host = address.slice(0, address.lastIndexOf(':'));
    return Array.from({ length: Number(last) - Number(first) + 1 }, (_, above) => parsed(`${host}:${Number(first) + above}`, '')).flat();
  });
}

/** One line of ss(8): `LISTEN 0 128 0.0.0.0:22 0.0.0.0:* users:(("sshd",pid=7,fd=3))`. */
function listenerOf(line: string): readonly Listener[] {
  const [, , , local = ''] = line.trim().split(/\s+/);
  return parsed(local.replace(/%[^\]:]+/, ''), /users:\(\("([^"]+)"/.exec(line)?.[1] ?? '');
}

function parsed(text: string, program: string): readonly Listener[] {
  const [, host, port] = /^(\S*):(\d+)$/.exec(text) ?? [];
  if (host === undefined || /[/@]/.test(host)) return [];
  const address = host.replace(/^\[(.*)\]$/, '$1');
  const isAny = ['', '*', '0.0.0.0', '::'].includes(address);
  // ss prints an IPv6 wildcard that takes IPv4 too as `*`, HAProxy's `*` is IPv4's; taken together they are the careful reading.
  const families: readonly (4 | 6)[] = address === '0.0.0.0' ? [4] : isAny ? [4, 6] : address.includes(':') ? [6] : [4];
  return [{ address: isAny && address === '' ? '*' : address, port: Number(port), families, isAny, program }];
}

function overlaps(a: Listener, b: Listener): boolean {
  return a.port === b.port && a.families.some((family) => b.families.includes(family)) && (a.isAny || b.isAny || a.address === b.address);
}

/** A wildcard is one bind however it is written: HAProxy's `*` is `0.0.0.0` in ss. */
function nameOf({ address, port, isAny }: Listener): string {
  return isAny ? `any ${port}` : `${address} ${port}`;
}
