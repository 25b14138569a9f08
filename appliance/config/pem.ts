import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';

/**
 * The certificates of a PEM text in order; null when one cannot be read. `known`, which is added to: issuers that were read already, for thousands of files
 * have the same few.
 */
export function certificatesIn(text: string, known?: Map<string, X509Certificate>): readonly X509Certificate[] | null {
  try {
    const found = blocks(text, /-----BEGIN (?:TRUSTED )?CERTIFICATE-----[\s\S]*?-----END (?:TRUSTED )?CERTIFICATE-----/g);
    return found.map((block, index) => {
      const certificate = known?.get(block) ?? new X509Certificate(block);
      if (index > 0) known?.set(block, certificate);
      return certificate;
    });
  } catch {
    return null;
  }
}

/** The private keys of a PEM text, as text. */
export function keysIn(text: string): readonly string[] {
  return blocks(text, /-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----[\s\S]*?-----END (?:[A-Z]+ )*PRIVATE KEY-----/g);
}

/** A private key that has no passphrase; null when it cannot be read. */
export function readKey(pem: string): KeyObject | null {
  try {
    return createPrivateKey(pem);
  } catch {
    return null;
  }
}

/** Whether a private key without passphrase is that of a certificate, that of another one, or cannot be read. */
export function keyFit(pem: string, certificate: X509Certificate): 'fits' | 'another' | 'unreadable' {
  if (sharesPublicHalf(pem, certificate)) return 'fits';
  const key = readKey(pem);
  if (key === null) return 'unreadable';
  return certificate.checkPrivateKey(key) ? 'fits' : 'another';
}

/**
 * Whether the public half stands in both, so that the key, which is slow to read, need not be: the modulus of RSA is near the beginning of its file
 * (RFC 8017, A.1.2), the point of an elliptic curve at the end (RFC 5915, 3). OpenSSL compares no more than that. Other kinds, such as Ed25519, have none.
 */
function sharesPublicHalf(pem: string, certificate: X509Certificate): boolean {
  const der = Buffer.from(pem.replaceAll(/-----[^-]+-----|\s/g, ''), 'base64');
  // within a modulus of 1024 bits or more, whatever stands before it; and the last bytes of a point of 256 bits or more
  const halves = [der.subarray(48, 112), der.subarray(-60)];
  return der.length > 112 && halves.some((half) => certificate.raw.includes(half));
}

/** Whether a key of a PEM text has a passphrase. */
export function isEncrypted(key: string): boolean {
  return key.includes('ENCRYPTED');
}

function blocks(text: string, pattern: RegExp): readonly string[] {
  return text.match(pattern) ?? [];
}
