import type { Hardware } from './hardware.ts';
import { irqName } from './knob-path.ts';
import { formatNumberList } from './number-list.ts';
import { normalForm } from './sysctl.ts';

/** A kernel value as people call it: `net.core.somaxconn`, `eth0: ring rx`, `eth0: interrupt 3`, `irqbalance`. */
export function knobName(path: string, { nics }: Pick<Hardware, 'nics'>): string {
  if (path.startsWith('/proc/sys/')) return path.slice('/proc/sys/'.length).replaceAll('/', '.');
  const [, kind, bus, rest = ''] = /^(\w+):([^/]+)(?:\/(.*))?$/.exec(path) ?? [];
  if (kind === undefined || bus === undefined) return path;
  if (kind === 'service') return bus;
  const nic = nics.find((each) => each.bus === bus)?.name ?? bus;
  if (kind === 'irq') return `${nic}: ${rest === '' ? 'interrupts' : `interrupt ${rest}`}`;
  return `${nic}: ${rest.replaceAll('/', ' ')}`;
}

/** What a kernel value holds, as a description of the machine tells it; null where that does not. */
export function valueIn({ nics, originals, rivals }: Hardware, path: string): string | null {
  if (path.startsWith('/')) return originals[path] == null ? null : normalForm(originals[path]);
  const [, kind, bus, rest = ''] = /^(\w+):([^/]+)(?:\/(.*))?$/.exec(path) ?? [];
  if (kind === 'service') return rivals.includes(bus ?? '') ? 'active' : null;
  const nic = nics.find((each) => each.bus === bus);
  const [group, field = ''] = rest.split('/');
  if (nic !== undefined && kind === 'irq') {
    const affinity = nic.irqs.find((irq) => irqName(irq) === rest)?.affinity;
    return affinity == null ? null : formatNumberList(affinity);
  }
  if (nic === undefined || kind !== 'ethtool') return null;
  const text = (value: number | boolean | null | undefined) =>
    typeof value === 'boolean' ? (value ? 'on' : 'off') : value == null ? null : `${value}`;
  switch (group) {
    case 'channels':
      return text(nic.channels?.current[field as 'rx' | 'tx' | 'combined']);
    case 'ring':
      return text(nic.rings?.current[field as 'rx' | 'tx']);
    case 'coalesce':
      return text(nic.coalescing?.[field]);
    case 'feature':
      return text(nic.features?.[field]?.isOn);
    case 'rss':
      return nic.rss === null ? null : tableWord(nic.rss);
    default:
      return null;
  }
}

function tableWord(table: readonly number[]): string {
  const queues = Math.max(...table) + 1;
  return table.every((queue, slot) => queue === slot % queues) ? `equal ${queues}` : 'other';
}
