import { runAgent } from '../../appliance/agent/agent.ts';
import { sockets } from '../../appliance/agent/sockets.ts';
import type { FakeOptions, Fault, Operation, World } from '../../appliance/host/fake.ts';
import type { Host } from '../../appliance/host/host.ts';
import type { Hardware } from '../../tuning/hardware.ts';
import { hostOn } from '../apply/machine.ts';
import { cpu, nic } from '../tuning/machine.ts';

export const hardware: Hardware = {
  version: 1,
  kernel: '6.12.0',
  virtualization: 'kvm',
  memoryBytes: 2 ** 31,
  openFiles: 524_288,
  clocksource: 'kvm-clock',
  cpus: [cpu(0, { l3: null })],
  nodes: [{ id: 0, memoryBytes: 2 ** 31, distances: [10] }],
  nics: [nic({ driver: 'virtio_net', queues: { rx: 1, tx: 1 } })],
  rivals: [],
  originals: {},
};

/** The smallest document, with what tells one from another. */
export function document(port = 8081, more = ''): string {
  return `version: 1
${more}nodes:
  lb1: { links: { front: { mac: 52:54:00:00:00:01, addresses: dhcp } } }
frontends:
  web: { mode: tcp, bind: [{ address: "*:80" }], default_backend: app }
backends:
  app: { servers: { app1: 10.0.2.2:${port} } }
`;
}

/** A request with maps beside its document, as it goes over the socket. */
export function withMaps(request: object, maps: Readonly<Record<string, string>>): string {
  const sizes = Object.fromEntries(Object.entries(maps).map(([name, text]) => [name, Buffer.byteLength(text)]));
  return `${JSON.stringify({ ...request, files: { maps: sizes } })}\n${Object.keys(sizes)
    .map((name) => maps[name])
    .join('')}`;
}

/** One answer of a socket: its HTTP status and its lines. */
export interface Answered {
  readonly status: number;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers without describing them
  readonly lines: readonly any[];
}

/** An agent on a fake machine. */
export interface RunningAgent {
  readonly host: Host;
  readonly log: readonly string[];
  readonly get: (path: string) => Promise<Answered>;
  readonly post: (path: string, body: unknown, onLine?: (line: { readonly kind?: string }) => void) => Promise<Answered>;
  readonly stop: () => Promise<void>;
}

/** Starts an agent, and waits until it serves. It sleeps for real between its looks, and ends with `stop`. */
export async function startAgent(
  on: World,
  fault?: (operation: Operation) => Fault | null,
  programs: FakeOptions['programs'] = {},
): Promise<RunningAgent> {
  const over = new AbortController();
  const log: string[] = [];
  const links = [
    { ifname: 'front', operstate: 'UP', address: '52:54:00:00:00:01', mtu: 1500, addr_info: [{ local: '10.0.2.15', prefixlen: 24 }] },
  ];
  const healthy = hostOn(on, {
    ...(fault ? { fault } : {}),
    programs: { ip: ({ args }) => ({ stdout: args.includes('addr') ? JSON.stringify(links) : '[]' }), ...programs },
  });
  const host: Host = {
    ...healthy,
    sleep: async (ms, signal) => {
      if (ms < 5000) return healthy.sleep(ms, signal);
      // Long waits (for the next look, for a confirmation) end by their signal alone.
      await new Promise<void>((resolve) => (signal?.aborted ? resolve() : signal?.addEventListener('abort', () => resolve())));
    },
  };
  const ended = runAgent(host, { write: (text) => log.push(text), version: '0.1.0', probe: async () => hardware, signal: over.signal });
  await Promise.race([ended, served(on, log)]);

  const ask = async (method: string, path: string, text: string, onLine: (line: { readonly kind?: string }) => void): Promise<Answered> => {
    const handler = on.sockets.get(sockets.agent);
    if (!handler) throw new Error('the agent does not serve');
    const lines: Answered['lines'][number][] = [];
    let status = 0;
    const body = async (limit: number) => {
      if (text.length > limit) throw Object.assign(new Error('too long'), { code: 'TooLarge' });
      return Buffer.from(text);
    };
    const start = (code: number) => {
      status = code;
    };
    const write = (piece: string) => {
      for (const line of piece.split('\n').filter(Boolean)) {
        lines.push(JSON.parse(line));
        onLine(JSON.parse(line));
      }
    };
    await handler({ method, path, body }, { start, write, end: () => {} });
    return { status, lines };
  };
  return {
    host,
    log,
    get: (path) => ask('GET', path, '', () => {}),
    post: (path, body, onLine = () => {}) => ask('POST', path, typeof body === 'string' ? body : JSON.stringify(body), onLine),
    stop: async () => {
      over.abort();
      await ended;
    },
  };
}

async function served(on: World, log: readonly string[]): Promise<void> {
  for (let turns = 0; turns < 5000; turns++) {
    if (log.some((line) => line.includes('weir agent serves')) && on.files.has('/run/weir/status.json')) return;
    await new Promise((resolve) => setImmediate(resolve));
  }
  throw new Error(`the agent does not come up: ${log.join('')}`);
}
