import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'vitest';
import { vips } from '../support/netns.ts';
import { app, serversOf } from './app.ts';
import type { Proof, Stage } from './proof.ts';

/** Bytes of an answer that is worth a pipe, and that a client who does not read leaves in it. */
const much = 16_000_000;

const noneByDefault = 'defaults: { option: { splice-auto: false } }';

/** A number that HAProxy's worker tells of itself. */
async function told({ haproxy }: Stage, key: string): Promise<number> {
  const [, value] = new RegExp(`^${key}: (\\d+)$`, 'm').exec(await haproxy.ask('show info')) ?? [];
  if (value === undefined) throw new Error(`HAProxy does not tell ${key}`);
  return Number(value);
}

const spliced = (stage: Stage) => told(stage, 'TotalSplicedBytesOut');

async function download({ peer }: Stage): Promise<void> {
  const { status, body } = await peer.ask({ address: vips.main, port: 80, path: `/bytes/${much}` });
  expect([status, body.length]).toEqual([200, much]);
}

async function upload({ peer }: Stage): Promise<void> {
  const { status } = await peer.ask({ address: vips.main, port: 80, path: '/', method: 'POST', body: 'x'.repeat(4_000_000) });
  expect(status).toBe(200);
}

/** Clients that ask for much and read nothing of it, for as long as `meanwhile` takes and a little more. */
async function stalled({ networks }: Stage, count: number, meanwhile: () => Promise<void>): Promise<void> {
  const client = `
    const { connect } = require('node:net');
    for (let n = 0; n < ${count}; n++) connect(80, '${vips.main}').pause().write('GET /bytes/${much} HTTP/1.1\\r\\nHost: a\\r\\n\\r\\n');
    setTimeout(() => process.exit(), 4000);`;
  const ended = networks.outside.run([process.execPath, '-e', client]);
  await sleep(600);
  await meanwhile();
  const { code, stderr } = await ended;
  expect(code, stderr).toBe(0);
}

/** Capacities of the pipes that HAProxy has, by F_GETPIPE_SZ (fcntl(2)). */
async function pipeSizes({ networks }: Stage): Promise<readonly number[]> {
  const script = `
    net=$(readlink /proc/self/ns/net)
    for process in /proc/[0-9]*; do
      [ "$(readlink "$process/ns/net" 2>/dev/null)" = "$net" ] && [ "$(cat "$process/comm")" = haproxy ] || continue
      find "$process/fd" -lname 'pipe:*' -exec perl -MFcntl -e 'for (@ARGV) { sysopen(F, $_, O_RDONLY | O_NONBLOCK) and printf "%d\\n", fcntl(F, 1032, 0) }' {} +
    done`;
  const { stdout } = await networks.proxy.run(['sh', '-c', script]);
  return stdout.trim().split('\n').map(Number);
}

/** Bytes that stay in the kernel: how many HAProxy has sent from its pipes. */
export const splicingProofs: readonly Proof[] = [
  {
    row: 'splicing',
    what: 'leaves a large answer in the kernel without being asked',
    keys: ['defaults.option.splice-auto'],
    document: app(serversOf(1)),
    directive: /^ {4}option splice-auto\n/,
    prove: async (stage) => {
      await download(stage);
      expect(await spliced(stage)).toBeGreaterThan(much / 4);
    },
  },
  {
    row: 'splicing',
    what: 'takes all bytes through its memory where frontend and backend take splicing back',
    keys: ['frontends.*.option.splice-auto', 'backends.*.option.splice-auto'],
    document: app(`    option: { splice-auto: false }\n${serversOf(1)}`, '', '    option: { splice-auto: false }'),
    directive: /^ {4}no option splice-auto\n/,
    prove: async (stage) => {
      await download(stage);
      expect(await spliced(stage)).toBe(0);
    },
  },
  ...(['frontends', 'backends'] as const).map((section): Proof => {
    const option = '    option: { splice-response: true }\n';
    return {
      row: 'splicing',
      what: `leaves all that servers send in the kernel, as one of the ${section} says`,
      keys: [`${section}.*.option.splice-response`],
      document: section === 'frontends' ? app(serversOf(1), noneByDefault, option) : app(`${option}${serversOf(1)}`, noneByDefault),
      directive: /^ {4}option splice-response\n/,
      prove: async (stage) => {
        await download(stage);
        expect(await spliced(stage)).toBeGreaterThan(much / 2);
      },
    };
  }),
  {
    row: 'splicing',
    what: 'leaves all that clients send in the kernel',
    keys: ['frontends.*.option.splice-request', 'backends.*.option.splice-request'],
    document: app(`    option: { splice-request: true }\n${serversOf(1)}`, noneByDefault, '    option: { splice-request: true }'),
    directive: /^ {4}option splice-request\n/,
    prove: async (stage) => {
      await upload(stage);
      expect(await spliced(stage)).toBeGreaterThan(500_000);
    },
  },
  {
    row: 'splicing',
    what: 'has no more pipes than it may',
    keys: ['global.maxpipes'],
    document: app(serversOf(1), 'global: { maxpipes: 2 }', '    option: { splice-response: true }'),
    directive: /^ {4}maxpipes 2\n/,
    prove: async (stage) =>
      await stalled(stage, 6, async () => {
        // a busy machine takes its time until clients stall
        let most = 0;
        for (let look = 0; look < 25; look++) {
          most = Math.max(most, await told(stage, 'PipesUsed'));
          await sleep(100);
        }
        expect(most).toBeGreaterThan(0);
        expect(most).toBeLessThanOrEqual(2);
      }),
  },
  {
    row: 'splicing',
    what: 'has pipes of another size',
    keys: ['global."tune.pipesize"'],
    document: app(serversOf(1), 'global: { tune.pipesize: 524288 }', '    option: { splice-response: true }'),
    directive: /^ {4}tune\.pipesize 524288\n/,
    prove: async (stage) => await stalled(stage, 1, async () => expect(await pipeSizes(stage)).toContain(524_288)),
  },
];
