import { number } from '../bounds.ts';
import { left, type Sysctl } from './entry.ts';

/** Microseconds that a CPU may take to wake in profile latency: deeper states take tens to hundreds. */
const wakesWithinUs = 10;

/** How fast CPUs run and wake. */
export const power: readonly Sysctl[] = [
  {
    name: '/sys/devices/system/cpu/cpu*/power/pm_qos_resume_latency_us',
    formula: `${wakesWithinUs} in profile latency on bare metal; what is less stays`,
    rule: 'exactly',
    bounds: number(0, 2_147_483_647),
    why: 'CPUs sleep only so deep that they wake at once',
    source: 'tuned latency-performance (force_latency); kernel Documentation/admin-guide/pm/cpuidle.rst',
    usual: '0, which is no limit',
    risk: 'medium: the machine takes more power and gets warmer, so that fewer CPUs run above their nominal speed',
    scope: 'host',
    wish: ({ figures, hardware, original }) => {
      if (!figures.wakesAtOnce) return { leave: 'a CPU that sleeps deep saves power; profile latency forbids it' };
      if (hardware === null) return 'unknown machine';
      if (hardware.virtualization !== 'none') return { leave: 'the hypervisor decides how deep its CPUs sleep' };
      if (original !== null && !/^0+$/.test(original) && !(Number(original) > wakesWithinUs))
        return { leave: `it is ${original}, which is stricter` };
      return { value: `${wakesWithinUs}`, numbers: figures.why };
    },
  },
  {
    name: '/sys/devices/system/cpu/cpufreq/policy*/scaling_governor',
    formula: '`performance`, where the machine leaves the speed of its CPUs to the kernel',
    rule: 'exactly',
    bounds: { kind: 'words', words: ['performance', 'powersave', 'schedutil', 'ondemand', 'conservative'] },
    why: 'a CPU that first has to speed up makes the first packets of a burst wait',
    source: 'tuned throughput-performance; kernel Documentation/admin-guide/pm/cpufreq.rst',
    usual: 'by driver and distribution: `powersave`, `schedutil` or `ondemand`; absent in most virtual machines',
    risk: 'low: more power',
    scope: 'host',
    wish: () => ({ value: 'performance' }),
  },
  left({
    name: 'kernel.nmi_watchdog',
    bounds: number(0, 1),
    why: 'it restarts a machine whose CPU hangs, which must work while an update is on trial; what it costs is one interrupt in seconds',
    source: 'kernel Documentation/admin-guide/sysctl/kernel.rst',
    usual: '1; 0 in virtual machines without a counter for it',
    risk: 'medium: without it a machine that hangs stays so',
    scope: 'host',
  }),
];
