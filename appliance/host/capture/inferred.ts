import { formatNumberList } from '../../../tuning/number-list.ts';
import { readDriver } from '../probe/ethtool.ts';

/** What a capture's named files tell of files that it does not hold. */
export interface Inferred {
  readonly files: ReadonlyMap<string, string>;
  readonly folders: ReadonlyMap<string, readonly string[]>;
}

const cpuFolder = '/sys/devices/system/cpu';
const nodeFolder = '/sys/devices/system/node';

/** A row of `lscpu -p=CPU,CORE,SOCKET,NODE,CACHE`; what it leaves out is null. */
interface Row {
  readonly cpu: number;
  readonly core: number | null;
  readonly socket: number | null;
  readonly node: number | null;
  /** The last of its caches, which is the largest. */
  readonly cache: string | null;
}

/** Makes the files of sysfs that `lscpu-p`, `interrupts` and `ethtool-i-*` tell the contents of; what contradicts is noted. */
export function inferred(top: ReadonlyMap<string, string>, notes: string[]): Inferred {
  const files = new Map<string, string>();
  const folders = new Map<string, readonly string[]>();
  inferCpus(top, notes, files, folders);
  const names = [...new Set([...top.keys()].flatMap((name) => /^ethtool-[a-z]-(.+)$/i.exec(name)?.[1] ?? []))].sort();
  for (const name of names) inferNic(name, top.get(`ethtool-i-${name}`), notes, files);
  if (names.length > 0) folders.set('/sys/class/net', names);
  return { files, folders };
}

function inferCpus(
  top: ReadonlyMap<string, string>,
  notes: string[],
  files: Map<string, string>,
  folders: Map<string, readonly string[]>,
): void {
  const inHeading = [...(top.get('interrupts')?.split('\n')[0] ?? '').matchAll(/CPU(\d+)/g)].map(([, cpu]) => Number(cpu));
  const text = top.get('lscpu-p');
  const rows = text === undefined ? [] : readRows(text, notes);
  const missing = inHeading.filter((cpu) => !rows.some((row) => row.cpu === cpu));
  if (rows.length > 0 && missing.length > 0)
    notes.push(`lscpu-p: it has no CPU ${formatNumberList(missing)}, which interrupts has: taken from lscpu-p`);
  const all = rows.length > 0 ? rows : inHeading.map((cpu): Row => ({ cpu, core: null, socket: null, node: null, cache: null }));
  if (all.length === 0) return;
  if (all.every(({ core }) => core === null))
    notes.push(`${rows.length > 0 ? 'lscpu-p' : 'interrupts'}: it tells no cores, so each CPU is taken for one`);
  files.set(`${cpuFolder}/online`, formatNumberList(all.map(({ cpu }) => cpu)));
  const caches = new Map<string, number[]>();
  const nodes = new Map<number, number[]>();
  for (const { cpu, core, socket, node, cache } of all) {
    files.set(`${cpuFolder}/cpu${cpu}/topology/core_id`, `${core ?? cpu}`);
    files.set(`${cpuFolder}/cpu${cpu}/topology/physical_package_id`, `${socket ?? node ?? 0}`);
    if (cache !== null) caches.set(cache, [...(caches.get(cache) ?? []), cpu]);
    if (node !== null) nodes.set(node, [...(nodes.get(node) ?? []), cpu]);
  }
  for (const sharers of caches.values())
    for (const cpu of sharers) files.set(`${cpuFolder}/cpu${cpu}/cache/index3/shared_cpu_list`, formatNumberList(sharers));
  for (const [node, cpus] of nodes) files.set(`${nodeFolder}/node${node}/cpulist`, formatNumberList(cpus));
  if (nodes.size > 0)
    folders.set(
      nodeFolder,
      [...nodes.keys()].sort((a, b) => a - b).map((node) => `node${node}`),
    );
}

/** Rows of lscpu, with commas or blanks between; two columns are CPU and node. */
function readRows(text: string, notes: string[]): readonly Row[] {
  const seen = new Set<number>();
  return text.split('\n').flatMap((line, index): readonly Row[] => {
    if (line.trim() === '' || line.startsWith('#')) return [];
    const words = line.trim().split(/[,\s]+/);
    const number = (word: string | undefined) => (word !== undefined && /^\d{1,5}$/.test(word) ? Number(word) : null);
    const cpu = number(words[0]);
    if (cpu === null || seen.has(cpu)) {
      notes.push(`lscpu-p:${index + 1}: ${cpu === null ? 'it begins with no CPU' : `CPU ${cpu} comes twice`}: left out`);
      return [];
    }
    seen.add(cpu);
    if (words.length === 2) return [{ cpu, core: null, socket: null, node: number(words[1]), cache: null }];
    const cache = words[4]?.split(':') ?? [];
    return [
      {
        cpu,
        core: number(words[1]),
        socket: number(words[2]),
        node: number(words[3]),
        cache: cache.length > 2 ? (cache.at(-1) ?? null) : null,
      },
    ];
  });
}

function inferNic(name: string, text: string | undefined, notes: string[], files: Map<string, string>): void {
  const folder = `/sys/class/net/${name}`;
  const { driver, bus } = readDriver(text ?? '');
  if (driver === null)
    notes.push(`ethtool-i-${name}: ${text === undefined ? 'it is not there' : 'it names no driver'}, so what drives ${name} is not known`);
  files.set(`${folder}/type`, '1');
  const slot = bus !== null && /^[\da-f]{4,}:[\da-f]{2}:[\da-f]{2}\.[\da-f]$/i.test(bus) ? [`PCI_SLOT_NAME=${bus.toLowerCase()}`] : [];
  files.set(`${folder}/device/uevent`, [...(driver === null ? ['DRIVER='] : [`DRIVER=${driver}`]), ...slot, ''].join('\n'));
}

/** Drivers of cards that no hypervisor gives to a guest but as a virtual function, whose driver is another. */
const ofMetal = new Set(['ixgbe', 'igb', 'i40e', 'ice', 'bnxt_en', 'bnx2x', 'mlx4_en', 'be2net', 'tg3', 'qlcnic', 'r8169', 'igc']);

/** Whether a machine whose capture does not say it is a virtual one: by the drivers of its cards. */
export function virtualizationOf(top: ReadonlyMap<string, string>, notes: string[]): string {
  const drivers = [...top].flatMap(([name, text]) => (name.startsWith('ethtool-i-') ? [readDriver(text).driver] : []));
  const metal = drivers.find((driver) => driver !== null && ofMetal.has(driver));
  notes.push(
    metal === undefined
      ? 'virt: it is not there, so the machine is taken for a virtual one, of which less is changed'
      : `virt: it is not there; the machine is taken for bare metal, because it has a card of ${metal}`,
  );
  return metal === undefined ? 'unknown' : 'none';
}
