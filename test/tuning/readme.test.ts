import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readCapture } from '../../appliance/host/capture.ts';
import { linuxHost } from '../../appliance/host/linux.ts';
import { probe } from '../../appliance/host/probe.ts';
import { type Demand, noDocument } from '../../tuning/demand.ts';
import type { Hardware, Knob, Nic } from '../../tuning/hardware.ts';
import { type Profile, profiles } from '../../tuning/profile.ts';
import { refused } from '../../tuning/refused.ts';
import { type Row, rowGroups, rowOf } from '../../tuning/rows.ts';
import { knobPaths } from '../../tuning/sysctl.ts';
import { tune } from '../../tuning/tune.ts';
import { readCase } from '../support/cases.ts';
import { cpu, demand, machine, nic } from './machine.ts';

const file = join(import.meta.dirname, '../../tuning/README.md');

const feature = { isOn: true, isFixed: false };

/** A NIC of 25 Gbit/s on which all that weir knows can be set. */
function card(queues: number, more: Partial<Nic> = {}): Nic {
  const kinds = (combined: number) => ({ rx: null, tx: null, other: null, combined });
  return nic({
    driver: 'driver',
    speedMbit: 25_000,
    hasCarrier: true,
    numaNode: 0,
    pci: '0000:01:00.0',
    queues: { rx: queues, tx: queues },
    channels: { max: kinds(queues), current: kinds(queues) },
    rings: { max: { rx: 8192, tx: 8192 }, current: { rx: 512, tx: 512 } },
    coalescing: { 'adaptive-rx': false, 'rx-usecs': 30, 'tx-usecs': 30 },
    features: Object.fromEntries(
      [
        'generic-receive-offload',
        'generic-segmentation-offload',
        'rx-checksumming',
        'tx-checksumming',
        'scatter-gather',
        'tcp-segmentation-offload',
        'large-receive-offload',
        'ntuple-filters',
      ].map((name) => [name, feature]),
    ),
    rss: Array.from({ length: 128 }, (_, slot) => slot % queues),
    irqs: Array.from({ length: queues }, (_, index) => ({
      number: 40 + index,
      action: `front-${index}`,
      role: 'queue' as const,
      serves: 'both' as const,
      index,
      affinity: null,
      effective: null,
    })),
    ...more,
  });
}

/** What Debian's kernel starts with, on a machine of two nodes whose CPUs the kernel speeds up and slows down. */
const firstValues: Readonly<Record<string, string | null>> = {
  ...JSON.parse(readFileSync(join(import.meta.dirname, '../cases/bond-active-backup/hardware.json'), 'utf8')).originals,
  '/sys/devices/system/cpu/cpufreq/policy0/scaling_governor': 'schedutil',
};

/** Bare metal of 16 cores on two nodes with 64 GB. */
const metal: Hardware = {
  ...machine(),
  originals: firstValues,
  memoryBytes: 64 * 2 ** 30,
  cpus: Array.from({ length: 16 }, (_, id) => cpu(id, { node: id >> 3, socket: id >> 3, l3: id >> 3 })),
  nodes: [0, 1].map((id) => ({ id, memoryBytes: 32 * 2 ** 30, distances: id === 0 ? [10, 21] : [21, 10] })),
  nics: [card(16)],
  rivals: ['irqbalance', 'tuned'],
};

/** A virtual machine of 8 CPUs whose NIC has one queue. */
const virtual: Hardware = machine({
  virtualization: 'kvm',
  memoryBytes: 64 * 2 ** 30,
  cpus: Array.from({ length: 8 }, (_, id) => cpu(id, { l3: null })),
  nics: [card(1)],
});

const asked: readonly Demand[] = [
  demand({ maxconn: 50_000 }),
  demand({ maxconn: 7_000, quic: true, fastOpen: true, isTransparent: true, mtu: 9000, neighbours: 1022 }),
  demand({ hasVips: false, bindsAddresses: false, splices: false, ports: [80] }),
];

const profileNames = Object.keys(profiles) as Profile[];

/** All knobs that these machines, documents and profiles give, with the machines of the cases and captures. */
async function everyKnob(): Promise<readonly Knob[]> {
  const folder = join(import.meta.dirname, '../hosts/captures');
  const hosts = await Promise.all(readdirSync(folder).map((name) => readCapture(linuxHost(), join(folder, name))));
  const captured = await Promise.all(
    hosts.map((read) => ('host' in read ? probe(read.host, knobPaths) : Promise.reject(new Error(read.message)))),
  );
  const cases = ['pair-ipv6', 'bond-active-backup'].flatMap((name) => [...readCase(name).nodes.values()].flatMap(({ knobs }) => knobs));
  const planned = [metal, virtual, ...captured].flatMap((hardware) =>
    [...asked, noDocument].flatMap((each) => profileNames.flatMap((profile) => tune(hardware, profile, each, {}).knobs)),
  );
  return [...planned, ...cases];
}

/** A cell of a table: no line ends, no bars; names that would be emphasis in backticks. */
function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ');
}

function table(head: readonly string[], lines: readonly (readonly string[])[]): readonly string[] {
  const row = (cells: readonly string[]) => `| ${cells.map(cell).join(' | ')} |`;
  return [row(head), row(head.map(() => '---')), ...lines.map(row), ''];
}

function named({ title }: Row): string {
  return title.includes('`') || title.includes(' ') ? title : `\`${title}\``;
}

function sourceOf(row: Row, knobs: readonly Knob[]): string {
  return row.source ?? [...new Set(knobs.filter(({ path }) => row.covers(path)).map(({ source }) => source))].sort().join('; ');
}

function profileTable(): readonly string[] {
  const values = profileNames.map(
    (profile) => new Map(tune(metal, profile, demand({ maxconn: 50_000 }), {}).knobs.map((knob) => [knob.path, knob])),
  );
  const paths = [...new Set(values.flatMap((each) => [...each.keys()]))].sort();
  const shown = paths.filter((path) => new Set(values.map((each) => each.get(path)?.value)).size > 1);
  const byRow = new Map(shown.map((path) => [rowOf(path), path] as const));
  return table(
    ['', ...profileNames],
    [...byRow].map(([row, path]) => [row === null ? path : named(row), ...values.map((each) => each.get(path)?.value ?? 'left')]),
  );
}

async function readme(): Promise<string> {
  const knobs = await everyKnob();
  const set = (row: Row) => row.rule !== 'left';
  const left = rowGroups.flatMap(({ rows }) => rows).filter((row) => !set(row));
  return [
    '# What weir sets in the kernel and on network cards',
    '',
    '<!-- Written by test/tuning/readme.test.ts from the code (UPDATE_GOLDEN=1): edits here are lost. -->',
    '',
    'Each value has a rule: *at least* never lowers what is larger, *at most* never raises what is smaller, *exactly* is what it says. What a value held first in',
    'a boot is kept: `weir tune reset` brings it back, and `weir tune explain` says for this machine what each value is, why, and what was left out. A value of',
    'the document (`tuning.sysctl`, `tuning.links`) wins over all of this. A value that *belongs to the host* is not set in a container.',
    '',
    ...rowGroups.flatMap(({ title, rows }) => [
      `## ${title}`,
      '',
      ...table(
        ['', 'value', 'rule', 'why', 'source', 'kernel or driver starts with', 'risk', 'belongs to'],
        rows.filter(set).map((row) => [named(row), row.formula, row.rule, row.why, sourceOf(row, knobs), row.usual, row.risk, row.scope]),
      ),
    ]),
    '## Where profiles differ',
    '',
    'On bare metal of 16 cores with 64 GB and a card of 25 Gbit/s, for 50,000 connections:',
    '',
    ...profileTable(),
    '## Left as the kernel has it',
    '',
    ...table(
      ['', 'why', 'source', 'kernel starts with', 'risk', 'the document'],
      left.map((row) => [named(row), row.why, row.source ?? '', row.usual, row.risk, row.formula.replace(/^left(?:; the document )?/, '')]),
    ),
    '## Refused',
    '',
    'Settings that do nothing any more or do harm, and that a document must not have:',
    '',
    ...table(
      ['', 'it', 'instead'],
      refused.map(({ shown, why, instead }) => [`\`${shown}\``, why, instead ?? '']),
    ),
  ].join('\n');
}

describe('tuning/README.md', () => {
  test('is what the code does', async () => {
    const text = await readme();
    if (process.env.UPDATE_GOLDEN === '1') writeFileSync(file, text);
    expect(readFileSync(file, 'utf8')).toBe(text);
  });

  test('has one row for each value that any of these machines is given, and none that no machine is', async () => {
    const paths = [...new Set((await everyKnob()).map(({ path }) => path))];
    const rows = rowGroups.flatMap((group) => group.rows);
    for (const path of paths)
      expect(
        rows.filter(({ covers }) => covers(path)).map(({ title }) => title),
        path,
      ).toHaveLength(1);
    const unused = rows.filter((row) => row.rule !== 'left' && !paths.some(row.covers));
    expect(unused.map(({ title }) => title)).toEqual([]);
  });

  test('says of each value the rule that it is given', async () => {
    const words = { 'at-least': 'at least', 'at-most': 'at most', exactly: 'exactly' } as const;
    for (const knob of await everyKnob()) {
      const row = rowOf(knob.path);
      if (/tcp_[rw]mem$/.test(knob.path)) expect(row?.formula).toContain(knob.rule === 'at-most' ? '262144`, at most' : '16 MB at most');
      else expect(row?.rule, knob.path).toContain(words[knob.rule]);
    }
  });
});
