import type { Knob } from '../../tuning/hardware.ts';
import { normalForm } from '../../tuning/sysctl.ts';
import type { Held, Path } from './host-state.ts';

/** Whether a path is a kernel value rather than a file: it always exists or never does, and has no mode or owner of ours. */
export function isKernelPath(path: Path): boolean {
  return path.startsWith('/proc/') || path.startsWith('/sys/') || isKey(path);
}

/** Whether a path is a stable key that the host resolves (tuning/knob-path.ts), not the path of a file. */
export function isKey(path: Path): boolean {
  return /^(irq|queue|ethtool|service):/.test(path);
}

/**
 * The normal form of a kernel value: white space folded to one space, none at the ends (`4096\t16060\t262144\n` and `4096 16060 262144` are one value); of a
 * choice the chosen word.
 */
export const normalValue: (text: string) => string = normalForm;

/** What a knob wants its path to hold. */
export function heldByKnob(knob: Knob): Held {
  const held = { content: normalValue(knob.value), mode: 0o644, owner: 'root:root', ...(knob.isLast ? { isLast: true as const } : {}) };
  return knob.rule === 'exactly' ? held : { ...held, rule: knob.rule };
}

/** The sysctl name of a path below `/proc/sys`, with slashes as sysctl.d(5) accepts them. */
export function sysctlName(path: Path): string {
  return path.slice('/proc/sys/'.length);
}
