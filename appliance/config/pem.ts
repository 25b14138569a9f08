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

/** Whether a key of a PEM text has a passphrase. */
export function isEncrypted(key: string): boolean {
  return key.includes('ENCRYPTED');
}

function blocks(text: string, pattern: RegExp): readonly string[] {
  return text.match(pattern) ?? [];
}
