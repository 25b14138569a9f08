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
    else {
      const { kernel, virtualization, cpus, memoryBytes, nics } = hardware;
      io.stdout(
        [
          `kernel ${kernel}, ${virtualization === 'none' ? 'bare metal' : `virtual (${virtualization})`}`,
          `${cpus.length} CPUs, ${(memoryBytes / 2 ** 30).toFixed(1)} GB of memory`,
          ...nics.map(
            (nic) =>
              `${nic.name.padEnd(15)} ${nic.mac}  ${nic.pci ?? 'no PCI address'}  ${nic.driver ?? 'unknown driver'}${nic.speedMbit === null ? '' : `  ${nic.speedMbit} Mbit/s`}`,
          ),
          '',
        ].join('\n'),
      );
    }
    return exitCode.done;
  },
};
