import type { X509Certificate } from 'node:crypto';
import { confirmedId } from '../apply/generations.ts';
import { places } from '../apply/places.ts';
import { type End, type Expiry, endOf, expiryOf } from '../config/expiry.ts';
import { certificatesIn, keysIn } from '../config/pem.ts';
import type { Host } from '../host/host.ts';
import { largestText } from '../state/host-state.ts';

/** Says which certificates of the confirmed document end soon, the nearest end first. */
export type Expiries = () => Promise<readonly Expiry[]>;

/**
 * Looks at the certificates of a machine. The files of a generation do not change: each is read once, and from then on the clock alone decides, so that a
 * machine nobody touches for months says in time what ends.
 */
export function expiriesOn(host: Host): Expiries {
  let known: { readonly id: string; readonly ends: readonly End[] } | null = null;
  return async () => {
    const id = await confirmedId(host);
    if (id === null) return [];
    if (known?.id !== id) known = { id, ends: await endsOf(host, id) };
    const now = new Date(host.now());
    return known.ends.map((end) => expiryOf(end, now)).filter((expiry) => expiry !== null);
  };
}

/** The ends of the certificates that a generation serves: those with a key beside them. CAs that others are checked against have none. */
async function endsOf(host: Host, id: string): Promise<readonly End[]> {
  const folder = `${places.generations}/${id}/rendered/run/weir/certificates`;
  const ends: End[] = [];
  const issuers = new Map<string, X509Certificate>();
  for (const file of (await host.list(folder)) ?? []) {
    // One that cannot be read is drift, which is said elsewhere.
    const bytes = await host.readBytes(`${folder}/${file}`, largestText).catch(() => null);
    const text = bytes === null ? '' : new TextDecoder().decode(bytes);
    const end = keysIn(text).length === 0 ? null : endOf(file, certificatesIn(text, issuers) ?? []);
    if (end !== null) ends.push(end);
  }
  return ends.sort((a, b) => a.at - b.at);
}
