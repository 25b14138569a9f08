/**
 * The words by which a worker of HAProxy takes up a certificate while it serves, and what it answers (management guide, 9.3, "set ssl cert", "commit ssl
 * cert", "show ssl cert"): connections that are open keep the old one, new ones get the new one, and nothing is reloaded.
 */

/** What a worker says of a certificate that it has loaded. */
export interface ServedCertificate {
  /** Hexadecimal, upper case. */
  readonly serial: string;
  /** SHA-1 of the certificate, hexadecimal, upper case: what HAProxy tells it by, not a matter of security. */
  readonly fingerprint: string;
  /** As HAProxy writes it: `Feb 21 13:36:01 2027 GMT`. */
  readonly notAfter: string;
}

/** The longest command that a worker reads, `tune.bufsize` with room for what it keeps of it (configuration manual, 3.2). */
const longestCommand = 15_000;

/**
 * Begins to replace the certificate of a file that the configuration names; null where it is longer than a command may be. Whatever stands between the
 * blocks of the PEM is left out, for an empty line ends a command's payload.
 */
export function setCertificate(path: string, pem: string): string | null {
  const blocks = pem.match(/-----BEGIN [A-Z0-9 ]+-----[\s\S]*?-----END [A-Z0-9 ]+-----/g) ?? [];
  const lines = blocks.flatMap((block) => block.split(/\r?\n/)).filter((line) => line.trim() !== '');
  const command = `set ssl cert ${path} <<\n${lines.join('\n')}\n\n`;
  return command.length > longestCommand ? null : command;
}

/** Whether the answer to `setCertificate` says that it was taken. */
export function isSet(answer: string): boolean {
  return /^Transaction (created|updated) for certificate /m.test(answer);
}

/** Serves what was set, from the next connection on. */
export function commitCertificate(path: string): string {
  return `commit ssl cert ${path}\n`;
}

/** Whether the answer to `commitCertificate` says that it is served. */
export function isCommitted(answer: string): boolean {
  return /^Success!$/m.test(answer);
}

/** Forgets what was set and not committed. */
export function abortCertificate(path: string): string {
  return `abort ssl cert ${path}\n`;
}

/** Asks what is served, for `parseCertificate`. */
export function showCertificate(path: string): string {
  return `show ssl cert ${path}\n`;
}

/** Reads the answer to `showCertificate`; null where it is none. */
export function parseCertificate(answer: string): ServedCertificate | null {
  const value = (key: string) => new RegExp(`^${key}: (.+)$`, 'm').exec(answer)?.[1];
  const [serial, fingerprint, notAfter] = [value('Serial'), value('SHA1 FingerPrint'), value('notAfter')];
  return serial === undefined || fingerprint === undefined || notAfter === undefined ? null : { serial, fingerprint, notAfter };
}
