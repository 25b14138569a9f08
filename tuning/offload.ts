import type { Knob } from './hardware.ts';
import { ethtoolPath } from './knob-path.ts';
import { driverOf, firstValue, type NicSituation } from './nic-situation.ts';
import type { Omitted, Planned } from './planned.ts';
import { steeredQueues } from './steering.ts';

/** Offloads of the kernel's own, which no driver has a reason to start without. */
const ofKernel = ['generic-receive-offload', 'generic-segmentation-offload'];

/** Offloads of the NIC: kept on where the driver starts with them. Some have reasons not to (r8169: errors of its hardware). */
const ofNic = ['rx-checksumming', 'tx-checksumming', 'scatter-gather', 'tcp-segmentation-offload'];

/**
 * What a NIC does for the kernel: batches on, merging of packets by the hardware (LRO) off where their addresses are not this machine's, steering by flows
 * (ntuple) on only where interrupts and HAProxy share their CPUs. What is `[fixed]` is never wanted.
 */
export function offloadKnobs(situation: NicSituation): Planned {
  const { nic } = situation;
  if (nic.features === null)
    return { knobs: [], omitted: [{ path: ethtoolPath(nic, 'feature'), why: `${nic.name}: what ${driverOf(nic)} offloads is not known` }] };
  const results = [
    ...ofKernel.map((name) => batch(situation, name)),
    ...ofNic.map((name) => kept(situation, name)),
    lro(situation),
    ntuple(situation),
  ];
  return {
    knobs: results.filter((result) => result !== null && 'value' in result),
    omitted: results.filter((result) => result !== null && 'why' in result),
  };
}

function batch(situation: NicSituation, name: string): Knob | Omitted | null {
  const { nic } = situation;
  // the kernel turns it off again (netdev_fix_features in net/core/dev.c)
  if (name === 'generic-segmentation-offload' && nic.features?.['scatter-gather']?.isOn === false)
    return { path: ethtoolPath(nic, `feature/${name}`), why: `${nic.name}: it needs scatter-gather, which ${driverOf(nic)} has off` };
  return wish(
    situation,
    name,
    'on',
    'the kernel handles packets of a connection together',
    'Intel ethernet READMEs, mlnx_tune: on with every driver',
  );
}

function kept(situation: NicSituation, name: string): Knob | Omitted | null {
  const { nic } = situation;
  const feature = nic.features?.[name];
  if (feature === undefined) return null;
  const path = ethtoolPath(nic, `feature/${name}`);
  if (firstValue(situation, path, feature.isOn ? 'on' : 'off') !== 'on')
    return feature.isFixed ? null : { path, why: `${nic.name}: ${driverOf(nic)} starts with it off, and may have a reason` };
  return wish(situation, name, 'on', `${driverOf(nic)} starts with it on: work that the CPU does not have`, 'Intel ethernet READMEs');
}

function lro(situation: NicSituation): Knob | Omitted | null {
  if (!situation.demand.isTransparent) return null;
  return wish(
    situation,
    'large-receive-offload',
    'off',
    'connections have addresses that are not of this machine: packets that the NIC merged cannot be sent on',
    'READMEs of i40e and ixgbe: off for routing and bridging',
  );
}

function ntuple(situation: NicSituation): Knob | Omitted | null {
  const { irqCpus, haproxyCpus } = situation;
  const shares = irqCpus.length > 0 && irqCpus.length === haproxyCpus.length && irqCpus.every((cpu) => haproxyCpus.includes(cpu));
  if (!shares || steeredQueues(situation).length === 0) return null;
  return wish(
    situation,
    'ntuple-filters',
    'on',
    `interrupts and HAProxy share ${irqCpus.length} CPUs: the NIC itself can bring a flow to the CPU of its thread`,
    'perftune.py of seastar; kernel Documentation/networking/scaling.rst, "Accelerated RFS"',
  );
}

function wish({ nic }: NicSituation, name: string, value: 'on' | 'off', reason: string, source: string): Knob | Omitted | null {
  const feature = nic.features?.[name];
  const path = ethtoolPath(nic, `feature/${name}`);
  if (feature === undefined) return null;
  if (!feature.isFixed) return { path, value, rule: 'exactly', reason, source };
  return feature.isOn === (value === 'on') ? null : { path, why: `${nic.name}: ${driverOf(nic)} fixes it ${feature.isOn ? 'on' : 'off'}` };
}
