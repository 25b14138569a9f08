import type { Hardware, Nic } from '../../tuning/hardware.ts';
import { knobPaths } from '../../tuning/sysctl.ts';
import { probe as probeHardware } from '../host/probe.ts';
import type { Command } from './command.ts';
import { jsonOption } from './command.ts';
import { exitCode } from './io.ts';

/** `weir probe`: the machine as data, on any Linux, without root. */
export const probe: Command = {
  name: 'probe',
  summary: 'describe this machine: CPUs, memory, NICs and the kernel values weir may set',
  options: [jsonOption],
  example: 'weir probe --json > hardware.json   # for: weir render --hardware hardware.json',
  run: async (args, io) => {
    const hardware = await probeHardware(io.host, knobPaths);
    // The bare object, so that its output is a hardware file.
    if (args.options.json) io.stdout(`${JSON.stringify(hardware, null, 2)}\n`);
    else io.stdout(hardwareText(hardware));
    return exitCode.done;
  },
};

/** The machine for people. */
export function hardwareText({ kernel, virtualization, cpus, nodes, memoryBytes, nics }: Hardware): string {
  const count = (number: number, one: string) => `${number} ${one}${number === 1 ? '' : 's'}`;
  const distinct = (place: 'core' | 'socket') => count(new Set(cpus.map((cpu) => cpu[place])).size, place);
  const places = [distinct('core'), distinct('socket'), count(nodes.length, 'NUMA node')];
  return [
    `kernel ${kernel}, ${virtualization === 'none' ? 'bare metal' : `virtual (${virtualization})`}`,
    `${count(cpus.length, 'CPU')} (${places.join(', ')}), ${(memoryBytes / 2 ** 30).toFixed(1)} GB of memory`,
    ...nics.map(nicText),
    '',
  ].join('\n');
}

function nicText({ name, mac, pci, driver, speedMbit, numaNode, queues }: Nic): string {
  return [
    name.padEnd(15),
    mac ?? 'no MAC known',
    pci ?? 'no PCI address',
    driver ?? 'unknown driver',
    ...(speedMbit === null ? [] : [`${speedMbit} Mbit/s`]),
    ...(queues === null ? [] : [`${queues.rx} rx and ${queues.tx} tx queues`]),
    ...(numaNode === null ? [] : [`NUMA node ${numaNode}`]),
  ].join('  ');
}
