import type { X509Certificate } from 'node:crypto';
import { nameText } from './certificate.ts';

/** When the certificates of a file end: its first one, or an intermediate that ends before that. */
export interface End {
  /** The name of the file in `certificates/`. */
  readonly file: string;
  /** The subject of the intermediate that ends first; null: the certificate itself does. */
  readonly intermediate: string | null;
  /** Milliseconds since 1970. */
  readonly at: number;
}

/** A certificate that ends soon or has ended, in words that grow with the hurry. */
export interface Expiry {
  readonly file: string;
  readonly level: 'soon' | 'near' | 'urgent' | 'expired';
  /** Whole days that are left; below 0: those since. */
  readonly days: number;
  /** ISO 8601 in UTC. */
  readonly at: string;
  readonly message: string;
  readonly hint: string;
}

const dayMs = 86_400_000;

/** Days before the end from which each level counts: a month to plan, a fortnight to renew, three days to act. */
const levels = [
  { level: 'urgent', days: 3, hint: 'renew it today: clients will refuse it then' },
  { level: 'near', days: 14, hint: 'renew it now: weir cert request makes a key and its request' },
  { level: 'soon', days: 30, hint: 'plan its renewal' },
] as const;

/** When the certificates of a file end; null where it has none, or one whose end is no time. */
export function endOf(file: string, [leaf, ...chain]: readonly X509Certificate[]): End | null {
  if (leaf === undefined) return null;
  const end = { file, intermediate: null, at: Date.parse(leaf.validTo) };
  if (Number.isNaN(end.at)) return null;
  return chain.reduce<End>((first, certificate) => {
    const at = Date.parse(certificate.validTo);
    return at < first.at ? { file, intermediate: nameText(certificate.subject), at } : first;
  }, end);
}

/** What is to be said about an end; null while it is more than 30 days away. */
export function expiryOf({ file, intermediate, at }: End, now: Date): Expiry | null {
  const left = at - now.getTime();
  const days = Math.floor(left / dayMs);
  const what =
    intermediate === null ? `the certificate of certificates/${file}` : `the intermediate "${intermediate}" of certificates/${file}`;
  const date = new Date(at).toISOString();
  const of = { file, days, at: date };
  const day = date.slice(0, 10);
  if (left < 0) return { ...of, level: 'expired', message: `${what} expired on ${day}`, hint: 'clients refuse it: renew it' };
  const found = levels.find((one) => left <= one.days * dayMs);
  if (found === undefined) return null;
  const verb = found.level === 'urgent' ? 'EXPIRES' : 'expires';
  return { ...of, level: found.level, message: `${what} ${verb} ${inDays(days)}, on ${day}`, hint: found.hint };
}

function inDays(days: number): string {
  return days === 0 ? 'within a day' : days === 1 ? 'in 1 day' : `in ${days} days`;
}
