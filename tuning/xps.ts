import { queueCount } from './channels.ts';
import type { Knob } from './hardware.ts';
import { cpuOfQueue } from './irq.ts';
import { queuePath } from './knob-path.ts';
import type { NicSituation } from './nic-situation.ts';
import type { Planned } from './planned.ts';
import { isVirtualMachine } from './virtualization.ts';

/**
 * Which CPUs send by which queue (XPS): queue i is for the CPU that takes its interrupts, which is also told when its packets have left. Virtual machines keep
 * their driver's choice, unless each CPU has a queue of its own.
 */
export function xpsKnobs(situation: NicSituation): Planned {
  const { hardware, nic, irqCpus } = situation;
  const queues = queueCount(situation, 'tx');
  const why = reasonToLeave(situation, queues);
  if (why !== null || queues === null) return { knobs: [], omitted: [{ path: `queue:${nic.bus}/xps_cpus`, why: `${nic.name}: ${why}` }] };
  const own = isVirtualMachine(hardware)
    ? `each of ${irqCpus.length} CPUs has a queue of its own`
    : 'the CPU that takes its interrupts sends by it';
  const knobs = Array.from({ length: queues }, (_, queue): Knob => {
    const cpu = cpuOfQueue(situation, queue);
    return {
      path: queuePath(nic, `tx-${queue}`, 'xps_cpus'),
      value: `${cpu}`,
      rule: 'exactly',
      reason: `queue ${queue} of ${nic.name} is of CPU ${cpu}: ${own}`,
      source: 'kernel Documentation/networking/scaling.rst, "XPS"; Intel set_irq_affinity -x',
    };
  });
  return { knobs, omitted: [] };
}

function reasonToLeave({ hardware, irqCpus }: NicSituation, queues: number | null): string | null {
  if (irqCpus.length === 0) return 'no CPUs are planned for its interrupts';
  if (queues === null) return 'how many queues it sends by is not known';
  if (queues < 2) return 'with one queue there is nothing to choose';
  const cpus = hardware.cpus.filter(({ isIsolated }) => !isIsolated).length;
  if (isVirtualMachine(hardware) && !(queues === irqCpus.length && queues === cpus))
    return `${queues} queues for ${cpus} CPUs of a virtual machine: left to the driver (Intel's READMEs: XPS off for guests)`;
  return null;
}
