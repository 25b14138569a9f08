import type { KeyObject, X509Certificate } from 'node:crypto';

/** What a certificate says of itself. */
export interface CertificateFacts {
  readonly subject: string;
  /** Its subject alternative names: host names and addresses. */
  readonly names: readonly string[];
  readonly issuer: string;
  /** Kind and size of its key: `EC P-256`, `RSA 2048`. */
  readonly key: string;
  /** ISO 8601 in UTC. */
  readonly notBefore: string;
  readonly notAfter: string;
}

/** What a certificate says of itself, as text that does no harm to a terminal. */
export function factsOf(certificate: X509Certificate): CertificateFacts {
  return {
    subject: nameText(certificate.subject),
    names: namesOf(certificate),
    issuer: nameText(certificate.issuer),
    key: keyOf(certificate),
    notBefore: timeText(certificate.validFrom),
    notAfter: timeText(certificate.validTo),
  };
}

function keyOf(certificate: X509Certificate): string {
  try {
    return keyText(certificate.publicKey);
  } catch {
    return 'a key of an unknown kind';
  }
}

/** ISO 8601 in UTC; what is no time stays as it is. */
function timeText(time: string): string {
  const at = new Date(time);
  return Number.isNaN(at.getTime()) ? harmless(time) : at.toISOString();
}

/** A distinguished name on one line, its most telling part first. */
export function nameText(name: string): string {
  return harmless(name.split('\n').reverse().join(', '));
}

/** The host names and addresses that a certificate is for. */
function namesOf({ subjectAltName }: X509Certificate): readonly string[] {
  return (subjectAltName ?? '')
    .split(', ')
    .filter((name) => name !== '')
    .map((name) => harmless(name.replace(/^(DNS|IP Address|email|URI):/, '')));
}

/** The names under which openssl knows the curves of NIST, and their own (FIPS 186-4, D.1.2). */
const curves: Readonly<Record<string, string>> = { prime256v1: 'P-256', secp384r1: 'P-384', secp521r1: 'P-521' };

/** Kind and size of a key: `EC P-256`, `RSA 2048`, `ED25519`. */
export function keyText({ asymmetricKeyType: kind, asymmetricKeyDetails: details }: KeyObject): string {
  const curve = details?.namedCurve ?? '';
  const size = details?.modulusLength ?? curves[curve] ?? curve;
  return `${kind?.toUpperCase() ?? 'unknown'} ${size}`.trim();
}

function harmless(text: string): string {
  return text.replace(/\p{Cc}/gu, '?');
}
