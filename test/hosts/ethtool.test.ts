import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { askDriver, askEthtool, readChannels, readCoalescing, readDriver, readFeatures, readRings, readRss } from '../../appliance/host/probe/ethtool.ts';
import type { ProbeHost } from '../../appliance/host/probe/reading.ts';

const folder = join(import.meta.dirname, 'samples');
const textOf = (name: string) => readFileSync(join(folder, name), 'utf8');

/** What each flag of ethtool is read by. */
const readers: Readonly<Record<string, (text: string) => unknown>> = {
  l: readChannels,
  g: readRings,
  c: readCoalescing,
  k: readFeatures,
  x: readRss,
  i: readDriver,
};

/** Samples of no flag of their own, and the flags that they hold. */
const others: Readonly<Record<string, readonly string[]>> = {
  'r8169-ethtool-gc.txt': ['g', 'c'],
  'coalesce-netlink-json.txt': ['c'],
  'errors-fc618-lo-ifb.txt': ['l', 'g', 'c', 'k', 'x'],
};

/** Samples that others read: lscpu, interrupts and what drivers call them, counters, what a change answers, flow control. */
const readElsewhere = /-interrupts\.txt$|-names\.txt$|-lscpu-p\.txt$|-ethtool-[SLKa]-/;

const samples = readdirSync(folder).filter((name) => !readElsewhere.test(name));
const flagsOf = (name: string) => others[name] ?? [/ethtool-([lgckxi])-/.exec(name)?.[1] ?? `${name} has no flag`];

/** What is read of a sample, a line a flag; features as words: `+on`, `-off`, `!` where nobody can change it. */
function told(name: string): string {
  return flagsOf(name)
    .map((flag) => {
      const read = readers[flag]?.(textOf(name));
      const features = flag === 'k' && read !== null ? Object.entries(read as Record<string, { isOn: boolean; isFixed: boolean }>) : null;
      const words = features?.map(([feature, { isOn, isFixed }]) => `${isFixed ? '!' : ''}${isOn ? '+' : '-'}${feature}`).join(' ');
      return `${name} ${flag}: ${words ?? JSON.stringify(read)}\n`;
    })
    .join('');
}

describe('what ethtool says', () => {
  test('of every sample is read', () => {
    const file = join(import.meta.dirname, 'ethtool.txt');
    const all = samples.map(told).join('');
    if (process.env.UPDATE_GOLDEN === '1') writeFileSync(file, all);
    expect(all).toBe(readFileSync(file, 'utf8'));
    expect(samples.length).toBeGreaterThan(50);
  });

  test('of flow control, or as the answer to a change, is none of it', () => {
    for (const name of readdirSync(folder).filter((one) => /-ethtool-[SLKa]-/.test(one)))
      for (const read of [readChannels, readRings, readRss]) expect([name, read(textOf(name))]).toEqual([name, null]);
  });

  test('of a group of features is no more fixed than what is in it', () => {
    const json = '[{"ifname":"eth0","tx-checksumming":{"active":true,"fixed":null,"requested":null},"rx-checksumming":{"active":true,"fixed":true,"requested":false}}]';
    expect(readFeatures(json)).toEqual({ 'tx-checksumming': { isOn: true, isFixed: false }, 'rx-checksumming': { isOn: true, isFixed: true } });
  });

  test('is the same as JSON and as text', () => {
    expect(readRings('[{"ifname":"eth0","rx-max":256,"tx-max":256,"rx":256,"tx":128,"tx-push":false}]')).toEqual({
      max: { rx: 256, tx: 256 },
      current: { rx: 256, tx: 128 },
    });
    expect(readCoalescing('[{"ifname":"eth0","adaptive-rx":false,"rx-usecs":0,"cqe-mode-rx":true}]')).toEqual({
      'adaptive-rx': false,
      'rx-usecs': 0,
      'cqe-mode-rx': true,
    });
    expect(readRss('[{"ifname":"eth0","rss-hash-function":"toeplitz"}]')).toBeNull();
    expect(readRss('[{"ifname":"eth0","rss-indirection-table":[0,1,0,1]}]')).toEqual([0, 1, 0, 1]);
  });

  test('of a table with a line missing is what comes before it', () => {
    expect(readRss('    0:      0     1\n    4:      0     1\n')).toEqual([0, 1]);
  });

  test('however cut off or mixed up, is read without an exception', () => {
    const texts = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constantFrom(...samples.map(textOf)).chain((text) => fc.nat(text.length).map((length) => text.slice(0, length))),
    );
    fc.assert(
      fc.property(texts, (text) => {
        for (const read of Object.values(readers)) read(text);
        const rings = readRings(text);
        if (rings !== null) expect(rings.max.rx ?? rings.max.tx).toBeGreaterThan(0);
      }),
    );
  });
});

/** A host whose ethtool answers so, and what it was asked. */
function answering(answer: (args: string) => { exitCode: number | null; stdout?: string; stderr?: string }): { host: ProbeHost; asked: string[] } {
  const asked: string[] = [];
  const host: ProbeHost = {
    read: async () => null,
    list: async () => null,
    run: async (program, args) => {
      asked.push([program, ...args].join(' '));
      return { stdout: '', stderr: '', timedOut: false, ...answer(args.join(' ')) };
    },
  };
  return { host, asked };
}

describe('asking ethtool', () => {
  const nothing = { channels: null, rings: null, coalescing: null, features: null, rss: null };

  test('takes JSON where it is to be had, and the text form where it is not', async () => {
    const { host, asked } = answering((args) => {
      if (args === '--json -g eth0') return { exitCode: 0, stdout: '[{"ifname":"eth0","rx-max":512,"rx":256}]' };
      if (args.startsWith('--json')) return { exitCode: 1, stderr: "ethtool: parameter '--json' can be used only with netlink" };
      return args === '-x eth0' ? { exitCode: 0, stdout: textOf('hv_netvsc-ethtool-x-eth0.txt') } : { exitCode: 1 };
    });
    const { rings, rss } = await askEthtool(host, 'eth0');
    expect(rings?.max).toEqual({ rx: 512, tx: null });
    expect(rss).toHaveLength(40);
    expect(asked).toContain('ethtool -x eth0');
    expect(asked).not.toContain('ethtool -g eth0');
  });

  test.each([
    ['is not installed', { exitCode: null, stderr: 'spawn ethtool ENOENT' }],
    ['knows no such device any more', { exitCode: 1, stderr: 'netlink error: No such device' }],
    ['has a driver that tells nothing', { exitCode: 1, stderr: 'netlink error: Operation not supported' }],
  ])('that %s gives nothing, by one question for each flag', async (_, answer) => {
    const { host, asked } = answering(() => answer);
    expect(await askEthtool(host, 'eth0')).toEqual(nothing);
    expect(asked).toHaveLength(5);
  });

  test('for the driver of what is on no PCI bus', async () => {
    const { host } = answering((args) => ({ exitCode: 0, stdout: args === '-i enX0' ? textOf('xen-vif-ethtool-i-enX0.txt') : '' }));
    expect(await askDriver(host, 'enX0')).toEqual({ driver: 'vif', bus: 'vif-0' });
  });
});
