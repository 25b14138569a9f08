import type { Draft, Plain } from './ledger.ts';
import { nameOf } from './names.ts';
import { numberOr } from './value.ts';

/** Logs of this machine itself: what weir renders writes there anyway. */
const OWN = /^(?:global$|\/|unix@|localhost(?::514)?$|127\.\d+\.\d+\.\d+(?::514)?$|stdout$|stderr$|fd@)/;

/** Whether a `log` line stays within the machine. */
export const isOwnLog = (target: string | undefined): boolean => target !== undefined && OWN.test(target);

/** `log ADDRESS [len …] [format …] [sample …] FACILITY [LEVEL]` as an item of the document's list; a text says why it has no option. */
export function readLog([target = '', ...words]: readonly string[]): Plain | string {
  const [, address] = /^(?:udp[46]?@)?(\[?[0-9A-Fa-f:.]+\]?(?::[0-9]+)?)$/.exec(target) ?? [];
  const ring = /^ring@(.+)$/.exec(target)?.[1];
  const to: Draft = {};
  if (ring !== undefined) to.ring = nameOf(ring);
  else if (address === undefined) return 'a log goes to an address by UDP, or to a ring';
  else to.address = /\d:\d+$|\]:\d+$/.test(address) ? address : `${address}:514`;
  let rest = words;
  for (; ['len', 'format', 'sample', 'profile'].includes(rest[0] ?? ''); rest = rest.slice(2)) {
    const [word = '', value = ''] = rest;
    if (word === 'profile') return 'log profiles need HAProxy 3.1, this one is 3.0';
    to[word] = numberOr(value);
  }
  // the header of lines that nobody says (configuration manual, 4.2 "log")
  to.format ??= 'rfc3164';
  const [facility, level, least] = rest;
  if (facility !== undefined) to.facility = facility;
  if (level !== undefined) to.level = level;
  if (least !== undefined) to.minlevel = least;
  return to as Plain;
}
