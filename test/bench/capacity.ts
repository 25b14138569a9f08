import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import type { DataPlane } from '../../proxy/model.ts';
import { busyBytes, idleBytesOf, sessionsPerGigabyte } from '../../tuning/session.ts';
import { backend, bind, frontend, plane, server } from '../proxy/example.ts';
import type { World } from '../support/container.ts';
import { type Haproxy, startHaproxy } from '../support/haproxy.ts';
import { makeCertificate } from '../support/haproxy-certificates.ts';
import { servers, startNetworks, vips } from '../support/netns.ts';
import type { Order, Stillness } from './crowd.ts';
import type { Figure } from './figure.ts';
import { needs } from './needs.ts';

const certificate = '/run/weir/certificates/crowd.pem';
const ssl = { certificates: ['crowd'], alpn: ['h2', 'http/1.1'], options: {}, quic: false };
const patience = { timeouts: { client: '10m', 'http-keep-alive': '10m', 'http-request': '10m' } };
const patient = { timeouts: { server: '10m', tunnel: '10m' } };
const tls = { verify: 'none', caFile: null, sni: null, alpn: [], options: {} } as const;

/** What weir renders, but for splicing: a spliced session has a pipe in the kernel instead of buffers, and only every fourth can. */
const crowded: DataPlane = plane({
  extraDefaults: ['no option splice-auto'],
  certificates: [{ name: 'crowd', pems: [certificate], sni: [], options: {} }],
  frontends: [
    frontend('tcp', [bind(vips.main, 7000)], 'tcp', { mode: 'tcp', ...patience }),
    frontend('clear', [bind(vips.main, 80)], 'web', patience),
    frontend('tls', [bind(vips.main, 443, { ssl })], 'web', patience),
    frontend('both', [bind(vips.main, 8443, { ssl })], 'secured', patience),
  ],
  backends: [
    backend('tcp', [server('app1', servers.app1, 8080, { check: false })], { mode: 'tcp', ...patient }),
    backend('web', [server('app1', servers.app1, 8080, { check: false })], patient),
    backend('secured', [server('app1', servers.app1, 8443, { check: false, tls })], patient),
  ],
});

/** A way through HAProxy, with what weir reckons for it. */
interface Way {
  readonly name: string;
  readonly port: number;
  readonly protocol: 'tcp' | 'h1' | 'h2';
  readonly mode: 'http' | 'tcp';
  readonly tls: 'none' | 'clients' | 'both';
}

const ways: readonly Way[] = [
  { name: 'TCP', port: 7000, protocol: 'tcp', mode: 'tcp', tls: 'none' },
  { name: 'HTTP/1.1', port: 80, protocol: 'h1', mode: 'http', tls: 'none' },
  { name: 'HTTP/1.1, TLS with clients', port: 443, protocol: 'h1', mode: 'http', tls: 'clients' },
  { name: 'HTTP/1.1, TLS with servers too', port: 8443, protocol: 'h1', mode: 'http', tls: 'both' },
  { name: 'HTTP/2, one stream each', port: 443, protocol: 'h2', mode: 'http', tls: 'clients' },
];

/** Connections at which memory is read; what the second number has more is that of the sessions between them, without what HAProxy has anyway. */
const counts: Readonly<Record<Stillness, readonly [number, number]>> = { idle: [500, 2500], answer: [250, 1000], both: [250, 1000] };

async function startCrowd(world: World) {
  const program = [process.execPath, '--import', 'tsx', join(import.meta.dirname, 'crowd.ts')];
  const child = execa('setpriv', ['--pdeathsig', 'KILL', 'nsenter', '-t', String(world.pid), '-n', '--', ...program], {
    reject: false,
    buffer: false,
    stderr: 'inherit',
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    tell: async (order: Order): Promise<void> => {
      child.stdin.write(`${JSON.stringify(order)}\n`);
      const { error } = JSON.parse((await lines.next()).value as string) as { readonly error?: string };
      if (error !== undefined) throw new Error(error);
    },
    stop: async () => {
      child.kill('SIGKILL');
      await child;
    },
  };
}

/** The worker of the HAProxy in a network: not the master, which is root. */
function workerPid({ pid }: World): number {
  const network = readlinkSync(`/proc/${pid}/ns/net`);
  const found = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .find((name) => {
      try {
        const status = readFileSync(`/proc/${name}/status`, 'utf8');
        return /^Name:\thaproxy$/m.test(status) && !/^Uid:\t0\t/m.test(status) && readlinkSync(`/proc/${name}/ns/net`) === network;
      } catch {
        return false; // it has ended
      }
    });
  if (found === undefined) throw new Error('HAProxy has no worker');
  return Number(found);
}

function memoryOf(pid: number): number {
  return Number(/^RssAnon:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) * 1024;
}

/** A process' memory once it has stopped growing. */
async function settled(pid: number): Promise<number> {
  let before = 0;
  let now = memoryOf(pid);
  for (let second = 0; second < 20 && Math.abs(now - before) > 0.002 * now; second++) {
    before = now;
    await sleep(1500);
    now = memoryOf(pid);
  }
  return now;
}

/** What one TCP socket of a process takes in the kernel while it is empty, in bytes: its objects, each with its share of the pages they come in. */
function socketBytes(): number {
  const objects = ['TCP', 'sock_inode_cache', 'dentry', 'filp', 'eventpoll_epi', 'eventpoll_pwq'];
  const slabs = readFileSync('/proc/slabinfo', 'utf8').split('\n');
  const shares = slabs.map((line) => /^(\S+) +\d+ +\d+ +\d+ +(\d+) +(\d+) /.exec(line));
  return shares.reduce(
    (sum, share) => sum + (objects.includes(share?.[1] ?? '') ? (Number(share?.[3]) * 4096) / Number(share?.[2]) : 0),
    0,
  );
}

/** Bytes of HAProxy's worker that a session takes in a state. */
async function perSession(
  haproxy: Haproxy,
  world: World,
  { tell }: Awaited<ReturnType<typeof startCrowd>>,
  { port, protocol, tls: where }: Way,
  state: Stillness,
): Promise<number> {
  const [first, second] = counts[state];
  const worker = workerPid(world);
  const at = { address: vips.main, port, protocol, isTls: where !== 'none', state };
  const hold = async (count: number, all: number) => {
    await tell({ do: 'open', count, ...at });
    const memory = await settled(worker);
    const { connections } = (await haproxy.info()) ?? { connections: 0 };
    if (connections !== all) throw new Error(`HAProxy holds ${connections} of ${all} connections`);
    return memory;
  };
  const some = await hold(first, first);
  return ((await hold(second - first, second)) - some) / (second - first);
}

const kilobytes = (bytes: number) => `${(bytes / 1000).toFixed(1)} kB`;

function figuresOf(way: Way, measured: Readonly<Record<Stillness, number>>, socket: number): readonly Figure[] {
  const { name, mode, tls: where } = way;
  const least = idleBytesOf({ mode, isTls: where !== 'none' });
  const sockets = { idle: mode === 'tcp' ? 2 * socket : socket, busy: 2 * socket };
  const shown = (worker: number, kernel: number) =>
    `${kilobytes(worker + kernel)}: ${kilobytes(worker)} in HAProxy, ${kilobytes(kernel)} in the kernel`;
  const rule = sessionsPerGigabyte[where];
  return [
    { what: `${name}: idle`, figure: shown(measured.idle, sockets.idle), wanted: `at least ${kilobytes(least)}` },
    {
      what: '  the answer fills all buffers',
      figure: shown(measured.answer, sockets.busy),
      wanted: `at most ${kilobytes(busyBytes[where])}`,
    },
    {
      what: '  request and answer do',
      figure: `${shown(measured.both, sockets.busy)}`,
      wanted: `${rule.toLocaleString('en')} a GB are ${kilobytes(2 ** 30 / rule)} each`,
    },
  ];
}

/** The memory of a session, by the image's HAProxy as weir configures it and this machine's kernel; what is in the sockets' own buffers is not counted. */
export async function benchCapacity(): Promise<readonly Figure[]> {
  needs('build/root');
  const undo: (() => Promise<void>)[] = [];
  try {
    const networks = await startNetworks();
    undo.push(networks.stop);
    const pair = await makeCertificate('crowd.example');
    const crowd = await startCrowd(networks.outside);
    undo.push(crowd.stop);
    for (const [port, keys] of [
      [8080, null],
      [8443, pair],
    ] as const)
      await crowd.tell({ do: 'serve', address: servers.app1, port, tls: keys });
    const socket = socketBytes();
    const figures: Figure[] = [{ what: 'an empty TCP socket in the kernel', figure: kilobytes(socket), wanted: '' }];
    for (const way of ways) {
      const measured = { idle: 0, answer: 0, both: 0 };
      for (const state of ['idle', 'answer', 'both'] as const) {
        const haproxy = await startHaproxy(networks.proxy, crowded, { [certificate]: `${pair.cert}${pair.key}` });
        try {
          measured[state] = await perSession(haproxy, networks.proxy, crowd, way, state);
        } finally {
          await crowd.tell({ do: 'close' });
          await haproxy.stop();
        }
      }
      figures.push(...figuresOf(way, measured, socket));
    }
    return figures;
  } finally {
    for (const step of undo.reverse()) await step();
  }
}
