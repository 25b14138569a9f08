import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readChannels, readCoalescing, readDriver, readFeatures, readRings, readRss } from '../../appliance/host/probe/ethtool.ts';
import { parseInterrupts } from '../../appliance/host/probe/interrupts.ts';
import { irqsOf } from '../../appliance/host/probe/irq.ts';
import { readAction } from '../../appliance/host/probe/irq-action.ts';
import type { Irq, Nic } from '../../tuning/hardware.ts';
import { nic } from './machine.ts';

/** Files of test/hosts/samples that tell of a NIC, by what they hold: the flags of ethtool. */
export type SampleFiles = Partial<Readonly<Record<'i' | 'l' | 'g' | 'c' | 'k' | 'x', string>>>;

/** A NIC as real ethtools showed it, put together of samples, with what a test says differently. */
export function sampleNic(files: SampleFiles, different: Partial<Nic> = {}): Nic {
  const text = (flag: keyof SampleFiles) => (files[flag] === undefined ? '' : readSample(files[flag]));
  const { driver, bus } = readDriver(text('i'));
  return nic({
    driver,
    ...(bus === null ? {} : { bus, pci: bus }),
    channels: readChannels(text('l')),
    rings: readRings(text('g')),
    coalescing: readCoalescing(text('c')),
    features: readFeatures(text('k')),
    rss: readRss(text('x')),
    ...different,
  });
}

/** The interrupts of one NIC of a sample, by whose its actions say they are. */
export function sampleIrqs(file: string, owner: string): readonly Irq[] {
  const read = parseInterrupts(readSample(file)).map((interrupt) => ({
    interrupt,
    action: readAction(interrupt.action, new Set([owner])),
  }));
  const ownerOf = ({ action }: (typeof read)[number]) => {
    const found = action?.owner;
    return found?.kind === 'interface' ? found.name : found?.kind === 'bus' ? found.bus : found?.device;
  };
  return irqsOf(read.filter((one) => ownerOf(one) === owner));
}

/** Interrupts of queues, both directions in one, and one that is no queue's. */
export function queueIrqs(count: number): readonly Irq[] {
  const irq = (number: number, role: Irq['role'], serves: Irq['serves'], index: number): Irq => ({
    number,
    action: role === 'queue' ? `front-TxRx-${index}` : 'front',
    role,
    serves,
    index,
    affinity: null,
    effective: null,
  });
  return [...Array.from({ length: count }, (_, index) => irq(40 + index, 'queue', 'both', index)), irq(40 + count, 'admin', null, 0)];
}

function readSample(file: string): string {
  return readFileSync(join(import.meta.dirname, '../hosts/samples', file), 'utf8');
}
