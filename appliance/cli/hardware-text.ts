import type { Channels, Cpu, Hardware, Irq, Nic, Node } from '../../tuning/hardware.ts';
import { speedText } from '../../tuning/nic-situation.ts';
import { formatNumberList } from '../../tuning/number-list.ts';
import { isContainer } from '../../tuning/virtualization.ts';
import { harmless } from './columns.ts';
import { wrap } from './wrap.ts';

const width = 80;

/** Where facts begin: behind the longest name of an interface (IFNAMSIZ in linux/if.h) and a space. */
const column = 16;

/** A fact under its name: nothing where it is not known, each item whole on a line, under one another where they are many. */
function fact(name: string, items: readonly string[], indent = ''): readonly string[] {
  const head = `${indent}${name}`.padEnd(column);
  const listed = items.map((item, index) => harmless(index === items.length - 1 ? item : `${item},`));
  return wrap(listed, width, ' '.repeat(column)).map((line, index) => (index === 0 ? head + line.slice(column) : line));
}

/** The machine for people, in 80 columns, without what is not known: first the machine, then each NIC with what its driver made and holds. */
export function hardwareText({ kernel, virtualization, clocksource, cpus, nodes, memoryBytes, openFiles, nics, rivals }: Hardware): string {
  const kind =
    virtualization === 'none' ? 'bare metal' : `${isContainer({ virtualization }) ? 'container' : 'virtual'} (${virtualization})`;
  return [
    ...fact('kernel', [kernel, kind, ...(clocksource === null ? [] : [`time from ${clocksource}`])]),
    ...cpuFacts(cpus, nodes),
    ...fact('memory', memoryBytes === 0 ? [] : [size(memoryBytes)]),
    ...(nodes.length < 2 ? [] : nodes.flatMap((node) => nodeFact(node, cpus))),
    ...fact('files', openFiles === null ? [] : [`${openFiles} open in a program at most`]),
    ...fact('rivals', rivals),
    ...nics.flatMap((nic) => ['', ...nicFacts(nic)]),
    '',
  ].join('\n');
}

function size(bytes: number): string {
  return `${(bytes / 2 ** 30).toFixed(1)} GB`;
}

function counted(number: number, one: string): string {
  return `${number} ${one}${number === 1 ? '' : 's'}`;
}

function listOf(cpus: readonly Cpu[]): string {
  return formatNumberList(cpus.map(({ id }) => id));
}

function cpuFacts(cpus: readonly Cpu[], nodes: readonly Node[]): readonly string[] {
  if (cpus.length === 0) return fact('CPUs', ['not known']);
  const distinct = (place: 'core' | 'socket', one: string) => counted(new Set(cpus.map((cpu) => cpu[place])).size, one);
  const caches = groupBy(cpus, ({ l3 }) => l3);
  const isolated = cpus.filter(({ isIsolated }) => isIsolated);
  return [
    ...fact('CPUs', [
      `${cpus.length} (${listOf(cpus)})`,
      distinct('core', 'core'),
      distinct('socket', 'socket'),
      counted(nodes.length, 'NUMA node'),
    ]),
    ...fact(
      'kinds',
      groupBy(cpus, ({ kind }) => kind).map(([kind, of]) => `${kind} ${listOf(of)}`),
    ),
    ...fact('shared L3', caches.length < 2 ? [] : caches.map(([, of]) => `[${listOf(of)}]`)),
    ...fact('isolated', isolated.length === 0 ? [] : [listOf(isolated)]),
    ...fact(
      'governor',
      groupBy(cpus, ({ governor }) => governor).map(([governor, of]) => `${governor} on ${listOf(of)}`),
    ),
  ];
}

/** Things by what they have in common, in the order of the first of each; those of which it is not known are left out. */
function groupBy<T, K>(things: readonly T[], common: (thing: T) => K | null): readonly (readonly [K, readonly T[]])[] {
  const groups = new Map<K, T[]>();
  for (const thing of things) {
    const key = common(thing);
    if (key !== null) groups.set(key, [...(groups.get(key) ?? []), thing]);
  }
  return [...groups];
}

function nodeFact({ id, memoryBytes, distances }: Node, cpus: readonly Cpu[]): readonly string[] {
  const own = cpus.filter(({ node }) => node === id);
  return fact(`node ${id}`, [
    own.length === 0 ? 'no CPU' : `CPUs ${listOf(own)}`,
    ...(memoryBytes === 0 ? [] : [size(memoryBytes)]),
    ...(distances.length === 0 ? [] : [`distances ${distances.join(' ')}`]),
  ]);
}

function nicFacts(nic: Nic): readonly string[] {
  const { name, mac, pci, bus, driver, speedMbit, hasCarrier, master, numaNode, queues, channels, rings } = nic;
  const link = [
    ...(hasCarrier === null ? [] : [hasCarrier ? 'has a signal' : 'no signal']),
    ...(speedMbit === null ? [] : [speedText(speedMbit)]),
    ...(master === null ? [] : [`part of ${master}`]),
    ...(numaNode === null ? [] : [`NUMA node ${numaNode}`]),
  ];
  return [
    ...fact(name, [driver ?? 'unknown driver', pci ?? (bus === name ? 'no PCI address' : bus), mac ?? 'no MAC known']),
    ...fact('link', link, '  '),
    ...fact('queues', queues === null ? [] : [`${queues.rx} rx`, `${queues.tx} tx`], '  '),
    ...fact('channels', ofMost(channels), '  '),
    ...fact('rings', ofMost(rings), '  '),
    ...fact('coalescing', coalescingFacts(nic.coalescing), '  '),
    ...fact('offloads', offloadFacts(nic.features), '  '),
    ...fact('RSS table', nic.rss === null ? [] : [`${nic.rss.length} slots`, `queues ${formatNumberList(nic.rss)}`], '  '),
    ...fact('interrupts', irqFacts(nic.irqs), '  '),
  ];
}

/** What is set of what may be: `combined 4 of 63`. */
function ofMost<T extends Channels | { readonly rx: number | null; readonly tx: number | null }>(
  both: { readonly max: T; readonly current: T } | null,
): readonly string[] {
  return Object.entries(both?.max ?? {}).flatMap(([kind, most]) => {
    const now = both?.current[kind as keyof T] ?? null;
    return most === null ? [] : [`${kind} ${now ?? 'not known'} of ${most}`];
  });
}

/** Of coalescing what weir may set, and what goes with it (tuning.coalescing in the document). */
const coalescingNames = ['adaptive-rx', 'adaptive-tx', 'rx-usecs', 'rx-frames', 'tx-usecs', 'tx-frames'] as const;

function coalescingFacts(coalescing: Nic['coalescing']): readonly string[] {
  return coalescingNames.flatMap((name) => {
    const value = coalescing?.[name];
    if (value === undefined) return [];
    return [`${name} ${typeof value === 'boolean' ? (value ? 'on' : 'off') : value}`];
  });
}

/** The offloads that matter to a proxy, by ethtool(8)'s short names where it has one. */
const offloads: readonly (readonly [feature: string, short: string])[] = [
  ['rx-checksumming', 'rx'],
  ['tx-checksumming', 'tx'],
  ['scatter-gather', 'sg'],
  ['tcp-segmentation-offload', 'tso'],
  ['generic-segmentation-offload', 'gso'],
  ['generic-receive-offload', 'gro'],
  ['rx-gro-hw', 'rx-gro-hw'],
  ['large-receive-offload', 'lro'],
  ['receive-hashing', 'rxhash'],
  ['ntuple-filters', 'ntuple'],
];

function offloadFacts(features: Nic['features']): readonly string[] {
  return offloads.flatMap(([name, short]) => {
    const feature = features?.[name];
    return feature === undefined ? [] : [`${short} ${feature.isOn ? 'on' : 'off'}${feature.isFixed ? ' (fixed)' : ''}`];
  });
}

/** Interrupts by their role, with their numbers and where they go. */
function irqFacts(irqs: readonly Irq[]): readonly string[] {
  return groupBy(irqs, ({ role }) => role).map(([role, of]) => {
    const places = formatNumberList(of.flatMap(({ effective, affinity }) => effective ?? affinity ?? []));
    const numbers = formatNumberList(of.map(({ number }) => number));
    return `${role} ${numbers}${places === '' ? '' : ` on CPU ${places}`}`;
  });
}
