import { readdir, readFile, readlink } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { DataPlane } from '../../proxy/model.ts';
import { backend, bind, frontend, plane, server } from '../proxy/example.ts';
import type { World } from '../support/container.ts';
import { makeCertificate } from '../support/haproxy-certificates.ts';
import { servers, vips } from '../support/netns.ts';
import type { Staged } from '../support/staged.ts';
import { type Figure, spread } from './figure.ts';
import { whileServing } from './serving.ts';

const backends = 10_000;
const certificates = 10_000;
const reloads = 5;

/** The load's backend and frontend, and beside them `backends` of two servers each by host, behind a bind of `certificates`. `turn` makes it another one. */
function large(turn: number): DataPlane {
  const names = Array.from({ length: backends }, (_, index) => `site${index}`);
  const named = Array.from({ length: certificates }, (_, index) => `site${index}.example`);
  const host = (name: string) => ({ kind: 'sample', sample: 'host', test: { kind: 'patterns', patterns: [`${name}.example`] } }) as const;
  const ssl = { certificates: named, alpn: ['h2', 'http/1.1'], options: {}, quic: false };
  const pair = (index: number) =>
    [1, 2].map((each) => server(`s${each}`, `10.${40 + (index >> 8)}.${index & 255}.${each}`, 8080, { check: false }));
  return plane({
    certificates: named.map((name) => ({ name, pems: [`/run/weir/certificates/${name}.pem`], sni: [name], options: {} })),
    frontends: [
      frontend('web', [bind(vips.main, 80)], 'app', { maxconn: 5000 + turn }),
      frontend('sites', [bind(vips.main, 443, { ssl })], null, {
        useBackend: names.map((name) => ({ backend: name, condition: host(name) })),
      }),
    ],
    backends: [
      backend('app', [server('app1', servers.app1, 8080), server('app2', servers.app2, 8080)]),
      ...names.map((name, index) => backend(name, pair(index))),
    ],
  });
}

/** One key and certificate under each name: HAProxy keeps a certificate for each file, whatever it holds. */
async function pems(): Promise<Staged> {
  const { cert, key } = await makeCertificate('site.example');
  const content = `${cert}${key}`;
  return Object.fromEntries(
    Array.from({ length: certificates }, (_, index) => [`/run/weir/certificates/site${index}.example.pem`, { content, mode: 0o600 }]),
  );
}

/** Megabytes that HAProxy's processes of a world hold together; what they share counts once. */
async function held(world: World): Promise<number> {
  const network = await readlink(`/proc/${world.pid}/ns/net`);
  const sizes = (await readdir('/proc'))
    .filter((name) => /^\d+$/.test(name))
    .map(async (pid) => {
      if ((await readFile(`/proc/${pid}/comm`, 'utf8')) !== 'haproxy\n' || (await readlink(`/proc/${pid}/ns/net`)) !== network) return 0;
      return Number(/^Pss: +(\d+) kB$/m.exec(await readFile(`/proc/${pid}/smaps_rollup`, 'utf8'))?.[1] ?? 0) / 1024;
    });
  // a process that ends meanwhile holds nothing
  return (await Promise.all(sizes.map((size) => size.catch(() => 0)))).reduce((sum, size) => sum + size, 0);
}

/** Reloads of 10,000 backends with two servers each and 10,000 certificates, under 300 new connections a second: what is lost, how long, and what memory they take. */
export async function benchReload(): Promise<readonly Figure[]> {
  return await whileServing(large(0), await pems(), async ({ haproxy, networks, visitors }) => {
    const before = await held(networks.proxy);
    let peak = 0;
    let isWatched = true;
    const watched = (async () => {
      for (; isWatched; await sleep(20)) peak = Math.max(peak, await held(networks.proxy));
    })();
    const seconds: number[] = [];
    const peaks: number[] = [];
    const results = [];
    for (let turn = 1; turn <= reloads; turn++) {
      peak = 0;
      const loaded = visitors.load({ address: vips.main, port: 80, path: '/', perSecond: 300, seconds: 12 });
      await sleep(1000);
      const began = performance.now();
      const { isDone, log } = await haproxy.reload(large(turn));
      if (!isDone) throw new Error(log.join('\n'));
      seconds.push((performance.now() - began) / 1000);
      results.push(await loaded);
      peaks.push(peak / before);
    }
    isWatched = false;
    await watched;
    const failed = results.reduce((sum, one) => sum + one.failed, 0);
    const all = results.reduce((sum, one) => sum + one.ok + one.failed, 0);
    const what = `${reloads} reloads of ${backends.toLocaleString('en')} × 2 servers, ${certificates.toLocaleString('en')} certificates`;
    return [
      { what, figure: `${failed} failed of ${all} requests`, wanted: '0 failed' },
      { what: '  until the new worker serves', figure: spread(seconds, 's'), wanted: '' },
      {
        what: '  slowest answer meanwhile',
        figure: spread(
          results.map(({ maxMs }) => maxMs),
          'ms',
        ),
        wanted: '',
      },
      { what: '  memory before', figure: `${before.toFixed(0)} MB`, wanted: '' },
      { what: '  peak memory over that before', figure: spread(peaks, 'times'), wanted: '2.2 times' },
    ];
  });
}
