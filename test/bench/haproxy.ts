import { setTimeout as sleep } from 'node:timers/promises';
import { renderHaproxy } from '../../proxy/haproxy/render.ts';
import type { Check, DataPlane } from '../../proxy/model.ts';
import { backend, bind, checkSettings, frontend, machine, plane, server } from '../proxy/example.ts';
import { servers, vips } from '../support/netns.ts';
import { type Figure, spread } from './figure.ts';
import { whileServing } from './serving.ts';

const check: Check = {
  kind: 'http',
  method: 'GET',
  path: '/healthz',
  host: 'app.example',
  headers: {},
  expect: ['status', '200'],
  ...checkSettings,
};

/** Backends of four servers each, with a check, a cookie, and a rule that routes to them by host. */
function large(count: number): DataPlane {
  const names = Array.from({ length: count }, (_, index) => `app${index}`);
  const host = (name: string) => ({ kind: 'sample', sample: 'host', test: { kind: 'patterns', patterns: [`${name}.example`] } }) as const;
  const cookie = {
    name: 'SRV',
    words: ['insert', 'indirect', 'nocache'],
    maxidle: null,
    maxlife: null,
    domains: [],
    attributes: [],
    keyFile: null,
    key: null,
  };
  return plane({
    frontends: [frontend('web', [bind('*', 80)], 'app0', { useBackend: names.map((name) => ({ backend: name, condition: host(name) })) })],
    backends: names.map((name, index) =>
      backend(
        name,
        [1, 2, 3, 4].map((each) => server(`s${each}`, `10.${(index >> 8) & 255}.${index & 255}.${each}`, 8080, { maxconn: 300 })),
        { check, cookie },
      ),
    ),
  });
}

function benchRender(count: number): Figure {
  const data = large(count);
  const milliseconds = [1, 2, 3, 4, 5].map(() => {
    const began = performance.now();
    renderHaproxy(data, machine);
    return performance.now() - began;
  });
  const { config } = renderHaproxy(data, machine);
  const memory = Math.round(process.memoryUsage().rss / 1e6);
  return {
    what: `haproxy.cfg of ${count.toLocaleString('en')} backends, 4 servers each`,
    figure: `${spread(milliseconds, 'ms')}, ${(config.length / 1e6).toFixed(1)} MB of text, ${memory} MB resident`,
    wanted: '',
  };
}

/** Ten reloads under 1,000 new connections a second for ten seconds; every request is counted. */
async function benchReload(): Promise<Figure> {
  const app = (maxconn: number) =>
    plane({
      frontends: [frontend('web', [bind(vips.main, 80)], 'app', { maxconn })],
      backends: [backend('app', [server('app1', servers.app1, 8080), server('app2', servers.app2, 8080)])],
    });
  return await whileServing(app(5000), {}, async ({ haproxy, visitors }) => {
    const loaded = visitors.load({ address: vips.main, port: 80, path: '/', perSecond: 1000, seconds: 10 });
    let done = 0;
    for (let turn = 1; turn <= 10; turn++) {
      await sleep(850);
      if ((await haproxy.reload(app(5000 + turn))).isDone) done++;
    }
    const { ok, failed, perSecond, p99Ms, maxMs } = await loaded;
    return {
      what: `${done} reloads under ${Math.round(perSecond).toLocaleString('en')} new connections/s`,
      figure: `${failed} failed of ${ok + failed}, p99 ${p99Ms.toFixed(1)} ms, slowest ${maxMs.toFixed(0)} ms`,
      wanted: '0 failed',
    };
  });
}

/** The data plane: how long its text takes, and what a reload costs. */
export async function benchHaproxy(): Promise<readonly Figure[]> {
  return [benchRender(1000), benchRender(10_000), await benchReload()];
}
