import type { Hardware, Knob } from '../../../tuning/hardware.ts';
import { irqName } from '../../../tuning/knob-path.ts';
import { maskOfList } from '../../host/key/cpu-mask.ts';
import { knobRank } from '../../state/knob-order.ts';

/** Knobs as commands that a person could run as root, in the order of an apply, a line each; what cannot be said for the machine as it is, as a comment. */
export function shellLines(knobs: readonly Knob[], hardware: Hardware): readonly string[] {
  return knobs.toSorted(inApplyOrder).map((knob) => line(knob, hardware));
}

/** The order in which an apply sets values. */
export function inApplyOrder(a: Pick<Knob, 'path' | 'isLast'>, b: Pick<Knob, 'path' | 'isLast'>): number {
  const late = (knob: Pick<Knob, 'isLast'>) => Number(knob.isLast ?? false);
  return late(a) - late(b) || knobRank(a.path) - knobRank(b.path) || byNumber.compare(a.path, b.path);
}

const byNumber = new Intl.Collator('en', { numeric: true });

function line({ path, value }: Knob, { nics }: Hardware): string {
  if (path.startsWith('/proc/sys/')) return `sysctl -w ${quoted(`${path.slice('/proc/sys/'.length).replaceAll('/', '.')}=${value}`)}`;
  if (path.startsWith('/')) return `printf '%s\\n' ${quoted(value)} >${quoted(path)}`;
  const [, kind, bus = '', rest = ''] = /^(\w+):([^/]+)(?:\/(.*))?$/.exec(path) ?? [];
  if (kind === 'service')
    return value === 'inactive'
      ? `systemctl mask --runtime --now ${quoted(bus)}`
      : `systemctl unmask --runtime ${quoted(bus)} && systemctl start ${quoted(bus)}`;
  const nic = nics.find((each) => each.bus === bus);
  if (nic === undefined) return `# ${path}: no NIC is there`;
  const name = quoted(nic.name);
  if (kind === 'irq') {
    const irq = nic.irqs.find((each) => irqName(each) === rest);
    return irq === undefined
      ? `# ${nic.name}: interrupt ${rest} goes to CPU ${value} once it is there`
      : `echo ${quoted(value)} >/proc/irq/${irq.number}/smp_affinity_list # ${nic.name}: ${rest}`;
  }
  if (kind === 'queue') {
    const content = rest.endsWith('_cpus') ? maskOfList(value) : value;
    return `echo ${quoted(content)} >${quoted(`/sys/class/net/${nic.name}/queues/${rest}`)}`;
  }
  const [group = '', word = ''] = rest.split('/');
  switch (group) {
    case 'channels':
      return `ethtool -L ${name} ${word} ${quoted(value)}`;
    case 'ring':
      return `ethtool -G ${name} ${word} ${quoted(value)}`;
    case 'coalesce':
      return `ethtool -C ${name} ${word} ${quoted(value)}`;
    case 'feature':
      return `ethtool -K ${name} ${word} ${quoted(value)}`;
    case 'hash':
      return `ethtool -N ${name} rx-flow-hash ${word} ${quoted(value)}`;
    default:
      return `ethtool -X ${name} ${value.split(' ').map(quoted).join(' ')}`;
  }
}

/** A word for a shell: as it is where it is plain, else in single quotes. */
function quoted(word: string): string {
  return /^[\w.,:/=@%+-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
