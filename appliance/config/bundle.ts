import type { KeyObject, X509Certificate } from 'node:crypto';
import { nameText } from './certificate.ts';
import { certificatesIn, isEncrypted, keysIn, readKey } from './pem.ts';

/** What HAProxy wants in one file: a certificate, its chain, and its key, in this order. */
export interface Bundle {
  readonly kind: 'bundle';
  readonly pem: string;
  readonly leaf: X509Certificate;
  readonly key: KeyObject;
  /** What was left out, and what is missing, in sentences. */
  readonly notes: readonly string[];
}

/** Why there is no bundle. */
export interface Unusable {
  readonly kind: 'unusable';
  readonly reason: string;
  readonly hint: string;
}

/** What a bundle is made from. */
export interface Parts {
  /** PEM with certificates in any order, and perhaps their key. */
  readonly text: string;
  /** The key that waits for its certificate, PEM; null: there is none, and the text has it. */
  readonly waiting: string | null;
  /** CAs that clients know by themselves, to tell whether an issuer that is not there is missing. */
  readonly roots: readonly X509Certificate[];
  readonly now: Date;
}

/**
 * Repairs what a CA or an export gave: the certificate of the key first, then each one's issuer. Roots, which clients have themselves, duplicates and what
 * belongs to another chain are left out; an issuer that is not there is named and never fetched.
 */
export function bundleOf({ text, waiting, roots, now }: Parts): Bundle | Unusable {
  const found = certificatesIn(text);
  if (found === null) return unusable('one of its certificates is damaged', 'get it again, whole, as PEM');
  const certificates = [...new Map(found.map((one) => [one.fingerprint256, one])).values()];
  if (certificates.length === 0) return unusable('there is no certificate in it', 'PEM has lines such as -----BEGIN CERTIFICATE-----');
  const key = keyOf(text, waiting);
  if ('kind' in key && key.kind === 'unusable') return key;
  const own = certificates.filter((certificate) => attempt(() => certificate.checkPrivateKey(key as KeyObject)));
  // The newest, where a renewed certificate stands beside the one it replaces.
  const [leaf] = own.sort((a, b) => endOf(b) - endOf(a));
  if (leaf === undefined) {
    const subjects = certificates.slice(0, 5).map(({ subject }) => `"${nameText(subject)}"`);
    const whose = waiting !== null && keysIn(text).length === 0 ? 'the key that was requested for' : 'its key';
    return unusable(`no certificate in it is for ${whose}: there is ${subjects.join(', ')}`, 'is it the answer to another request?');
  }
  if (endOf(leaf) < now.getTime())
    return unusable(`its certificate expired on ${new Date(endOf(leaf)).toISOString().slice(0, 10)}`, 'clients would refuse it');
  const { chain, notes } = repairChain(leaf, certificates, roots);
  const exported = (key as KeyObject).export({ type: 'pkcs8', format: 'pem' });
  return { kind: 'bundle', pem: [...chain.map((one) => one.toString()), exported].join(''), leaf, key: key as KeyObject, notes };
}

/** The one key that the text has, else the one that waits. */
function keyOf(text: string, waiting: string | null): KeyObject | Unusable {
  const keys = [...new Set(keysIn(text))];
  if (keys.length > 1) return unusable(`there are ${keys.length} private keys in it`, 'keep the one of the certificate that is meant');
  const [pem = waiting] = keys;
  if (pem === null)
    return unusable('there is no private key in it, and no request of this name waits', 'weir cert request makes a key and its request');
  if (isEncrypted(pem))
    return unusable('its private key is encrypted', 'nobody could type its passphrase at boot: openssl pkey removes it');
  return readKey(pem) ?? unusable('its private key is damaged', 'get it again, whole, as PEM');
}

/** A leaf and its issuers as far as they are at hand, without the root. */
function repairChain(leaf: X509Certificate, pool: readonly X509Certificate[], roots: readonly X509Certificate[]) {
  const chain = [leaf];
  const left: X509Certificate[] = [];
  let last = leaf;
  while (!isSelfSigned(last)) {
    const issuer = newest(pool.filter((one) => !chain.includes(one) && isIssuedBy(last, one)));
    if (issuer === undefined) break;
    if (isSelfSigned(issuer)) {
      left.push(issuer);
      break;
    }
    chain.push(issuer);
    last = issuer;
  }
  const foreign = pool.filter((one) => !chain.includes(one) && !left.includes(one));
  const isWhole = left.length > 0 || isSelfSigned(last) || roots.some((root) => isIssuedBy(last, root));
  return {
    chain,
    notes: [
      ...left.map((root) => `left out: the root "${nameText(root.subject)}", which clients have themselves`),
      ...foreign.map(({ subject }) => `left out: "${nameText(subject)}", which is no part of this chain`),
      ...(isWhole ? [] : [missingNote(last)]),
    ],
  };
}

/** The issuer that is not there, and where its CA says it is (RFC 5280, 4.2.2.1). */
function missingNote(last: X509Certificate): string {
  const urls = [...(last.infoAccess ?? '').matchAll(/CA Issuers - URI:([!-~]+)/g)].map(([, url]) => url);
  const where = urls.length === 0 ? 'ask your CA for it' : `it is at ${urls.join(' ')}`;
  return `the issuer "${nameText(last.issuer)}" is not in the chain: clients that do not know it refuse the certificate; ${where}`;
}

function isIssuedBy(certificate: X509Certificate, issuer: X509Certificate): boolean {
  return attempt(() => certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey));
}

/** Whether something holds; keys of a kind that OpenSSL does not know fit nothing. */
function attempt(check: () => boolean): boolean {
  try {
    return check();
  } catch {
    return false;
  }
}

function isSelfSigned(certificate: X509Certificate): boolean {
  return isIssuedBy(certificate, certificate);
}

function newest(certificates: readonly X509Certificate[]): X509Certificate | undefined {
  return [...certificates].sort((a, b) => endOf(b) - endOf(a))[0];
}

function endOf({ validTo }: X509Certificate): number {
  return Date.parse(validTo);
}

function unusable(reason: string, hint: string): Unusable {
  return { kind: 'unusable', reason, hint };
}
