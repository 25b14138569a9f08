import type { Node } from '../../../tuning/hardware.ts';
import { type ProbeHost, readLines, readNames, readValue } from './reading.ts';

/** Where the kernel shows its NUMA nodes (Documentation/ABI/stable/sysfs-devices-node). */
export const nodeFolder = '/sys/devices/system/node';

/** The numbers of the NUMA nodes in order; none where the kernel knows of none. */
export async function nodeIds(host: ProbeHost): Promise<readonly number[]> {
  const ids = (await readNames(host, nodeFolder)).flatMap((name) => /^node(\d+)$/.exec(name)?.[1] ?? []);
  return ids.map(Number).sort((a, b) => a - b);
}

/** The NUMA nodes with their memory; a machine without any is one node that has all of it. */
export async function probeNodes(host: ProbeHost, memoryBytes: number): Promise<readonly Node[]> {
  const nodes: Node[] = [];
  for (const id of await nodeIds(host)) {
    const lines = await readLines(host, `${nodeFolder}/node${id}/meminfo`);
    const kilobytes = lines.map((line) => /^Node \d+ MemTotal:\s+(\d+) kB$/.exec(line)?.[1]).find((value) => value !== undefined);
    const distances = await readValue(host, `${nodeFolder}/node${id}/distance`);
    nodes.push({
      id,
      memoryBytes: Number(kilobytes ?? 0) * 1024,
      distances: distances !== null && /^\d+( \d+)*$/.test(distances) ? distances.split(' ').map(Number) : [],
    });
  }
  return nodes.length === 0 ? [{ id: 0, memoryBytes, distances: [10] }] : nodes;
}
