import type { Host } from '../host/host.ts';

/** A TCP or UDP address that somebody listens on, or wants to: `any` stands for every address of the families. */
interface Listener {
  readonly protocol: 'tcp' | 'udp';
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
  const listening = async (protocol: 'tcp' | 'udp') => {
    if (!fresh.some((bind) => bind.protocol === protocol)) return [];
    const { stdout } = await host.run('ss', ['--no-header', '--listening', '--numeric', `--${protocol}`, '--processes']);
    return stdout.split('\n').flatMap((line) => listenerOf(line, protocol));
  };
  const others = [...(await listening('tcp')), ...(await listening('udp'))].filter((one) => !ours.has(nameOf(one)));
  return fresh.flatMap((bind) => {
    const other = others.find((one) => overlaps(bind, one));
    if (other === undefined) return [];
    return [
      `${bind.protocol === 'udp' ? 'UDP ' : ''}port ${bind.port} of ${bind.address} is taken: ${other.program || 'something that is not HAProxy'} listens on ${other.address}:${other.port}`,
    ];
  });
}

/** The addresses of a configuration's binds, UDP for QUIC (configuration manual, 4.2 "bind"); UNIX sockets and inherited descriptors are none. */
function boundBy(config: string): readonly Listener[] {
  return [...config.matchAll(/^\s+bind\s+(\S+)/gm)].flatMap(([, text = '']) => {
    const protocol = /^quic[46]@/.test(text) ? 'udp' : 'tcp';
    const address = text.replace(/^quic[46]@/, '');
    const [, first, last] = /:(\d+)-(\d+)$/.exec(address) ?? [];
    if (first === undefined) return parsed(address, '', protocol);
    const host = address.slice(0, address.lastIndexOf(':'));
    return Array.from({ length: Number(last) - Number(first) + 1 }, (_, above) =>
      parsed(`${host}:${Number(first) + above}`, '', protocol),
    ).flat();
  });
}

/** One line of ss(8): `LISTEN 0 128 0.0.0.0:22 0.0.0.0:* users:(("sshd",pid=7,fd=3))`. */
function listenerOf(line: string, protocol: Listener['protocol']): readonly Listener[] {
  const [, , , local = ''] = line.trim().split(/\s+/);
  return parsed(local.replace(/%[^\]:]+/, ''), /users:\(\("([^"]+)"/.exec(line)?.[1] ?? '', protocol);
}

function parsed(text: string, program: string, protocol: Listener['protocol']): readonly Listener[] {
  const [, host, port] = /^(\S*):(\d+)$/.exec(text) ?? [];
  if (host === undefined || /[/@]/.test(host)) return [];
  const address = host.replace(/^\[(.*)\]$/, '$1');
  const isAny = ['', '*', '0.0.0.0', '::'].includes(address);
  // ss prints an IPv6 wildcard that takes IPv4 too as `*`, HAProxy's `*` is IPv4's; taken together they are the careful reading.
  const families: readonly (4 | 6)[] = address === '0.0.0.0' ? [4] : isAny ? [4, 6] : address.includes(':') ? [6] : [4];
  return [{ address: isAny && address === '' ? '*' : address, port: Number(port), families, isAny, program, protocol }];
}

function overlaps(a: Listener, b: Listener): boolean {
  return (
    a.protocol === b.protocol &&
    a.port === b.port &&
    a.families.some((family) => b.families.includes(family)) &&
    (a.isAny || b.isAny || a.address === b.address)
  );
}

/** A wildcard is one bind however it is written: HAProxy's `*` is `0.0.0.0` in ss. */
function nameOf({ address, port, isAny, protocol }: Listener): string {
  return `${protocol} ${isAny ? 'any' : address} ${port}`;
}
