import type { Cpu } from '../../../tuning/hardware.ts';
import { nodeFolder, nodeIds } from './node.ts';
import { type ProbeHost, readCount, readValue } from './reading.ts';

const folder = '/sys/devices/system/cpu';

/**
 * The CPUs that are online and that process 1, so every service, may use, with their place as `lscpu -p=CPU,CORE,SOCKET,NODE` numbers it: cores are counted
 * over all sockets, in the order of their first CPU, and so are caches. (kernel Documentation/admin-guide/cputopology.rst, ABI/testing/sysfs-devices-system-cpu)
 */
export async function probeCpus(host: ProbeHost): Promise<readonly Cpu[]> {
  const online = parseList(await readValue(host, `${folder}/online`));
  const allowed = await allowedCpus(host);
  const nodes = await nodeOfCpu(host);
  const cores = new Map<string, number>();
  const sockets = new Map<number, number>();
  const caches = new Map<string, number>();
  const [kinds, isolated] = [await kindOfCpu(host, online), await isolatedCpus(host)];
  const cpus: Cpu[] = [];
  for (const id of online) {
    const socketId = (await readCount(host, `${folder}/cpu${id}/topology/physical_package_id`)) ?? 0;
    const coreId = (await readCount(host, `${folder}/cpu${id}/topology/core_id`)) ?? id;
    const socket = numbered(sockets, socketId);
    const core = numbered(cores, `${socketId} ${coreId}`);
    const sharers = await readValue(host, `${folder}/cpu${id}/cache/index3/shared_cpu_list`);
    const l3 = sharers === null ? null : numbered(caches, sharers);
    if (allowed !== null && !allowed.has(id)) continue;
    const governor = await readValue(host, `${folder}/cpu${id}/cpufreq/scaling_governor`);
    cpus.push({ id, core, socket, node: nodes.get(id) ?? 0, l3, kind: kinds.get(id) ?? null, isIsolated: isolated.has(id), governor });
  }
  return cpus;
}

/** No kernel that Debian builds numbers more CPUs (`NR_CPUS` in arch/x86/Kconfig). */
const mostCpus = 8192;

/** The numbers of a list as the kernel writes it, `0-3,8`; what is none of a CPU or node is left out. */
export function parseList(text: string | null): readonly number[] {
  const parts = (text ?? '').split(',').map((part) => /^(\d+)(?:-(\d+))?$/.exec(part));
  return parts.flatMap((match) => {
    if (match === null) return [];
    const [first, last] = [Number(match[1]), Number(match[2] ?? match[1])];
    if (last >= mostCpus) return [];
    return Array.from({ length: Math.max(0, last - first + 1) }, (_, index) => first + index);
  });
}

/** The number of a thing by the order in which things were first seen. */
function numbered<T>(seen: Map<T, number>, thing: T): number {
  const number = seen.get(thing) ?? seen.size;
  seen.set(thing, number);
  return number;
}

/** The CPUs of process 1, and of the control group that all are in; null: any. */
async function allowedCpus(host: ProbeHost): Promise<ReadonlySet<number> | null> {
  const status = (await readValue(host, '/proc/1/status')) ?? (await readValue(host, '/proc/self/status'));
  const lists = [
    /Cpus_allowed_list: ([\d,-]+)/.exec(status ?? '')?.[1] ?? null,
    await readValue(host, '/sys/fs/cgroup/cpuset.cpus.effective'),
  ];
  const said = lists.filter((list) => list !== null && list !== '').map((list) => new Set(parseList(list)));
  const [first, second] = said;
  if (first === undefined) return null;
  return second === undefined ? first : new Set([...first].filter((id) => second.has(id)));
}

/** Of which kind each core is, where there are two: Intel's own lists of them, else how much each does (`cpu_capacity`, of Arm); empty where all are alike. */
async function kindOfCpu(host: ProbeHost, online: readonly number[]): Promise<ReadonlyMap<number, Cpu['kind']>> {
  const kinds = new Map<number, Cpu['kind']>();
  for (const id of parseList(await readValue(host, '/sys/devices/cpu_core/cpus'))) kinds.set(id, 'performance');
  for (const id of parseList(await readValue(host, '/sys/devices/cpu_atom/cpus'))) kinds.set(id, 'efficiency');
  if (kinds.size > 0) return new Set(kinds.values()).size > 1 ? kinds : new Map();
  const capacities = await Promise.all(online.map((id) => readCount(host, `${folder}/cpu${id}/cpu_capacity`)));
  const most = Math.max(...capacities.map((capacity) => capacity ?? 0));
  if (capacities.every((capacity) => capacity === null || capacity === most)) return new Map();
  return new Map(online.map((id, index) => [id, capacities[index] === most ? 'performance' : 'efficiency']));
}

/** CPUs that the kernel's command line keeps free (`isolcpus`, `nohz_full`; kernel Documentation/admin-guide/kernel-parameters.txt). */
async function isolatedCpus(host: ProbeHost): Promise<ReadonlySet<number>> {
  const lists = await Promise.all(['isolated', 'nohz_full'].map((name) => readValue(host, `${folder}/${name}`)));
  return new Set(lists.flatMap(parseList));
}

/** The NUMA node of each CPU; none where the kernel knows of no nodes. */
export async function nodeOfCpu(host: ProbeHost): Promise<ReadonlyMap<number, number>> {
  const nodes = new Map<number, number>();
  for (const id of await nodeIds(host)) {
    for (const cpu of parseList(await readValue(host, `${nodeFolder}/node${id}/cpulist`))) nodes.set(cpu, id);
  }
  return nodes;
}
