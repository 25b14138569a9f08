import { X509Certificate } from 'node:crypto';
import { causeOf } from '../../host/cause.ts';
import { errno } from '../../host/host.ts';
import type { Io } from '../io.ts';

/** Most bytes that a file of a CA is read to; chains have a few thousand. */
const limit = 2 ** 20;

/** What a file cannot be used for, and what to do. */
export interface Unreadable {
  readonly reason: string;
  readonly hint: string;
}

/** The bytes of a file that a person named, or why there are none. */
export async function readNamed(file: string, io: Io): Promise<Uint8Array | Unreadable> {
  try {
    const bytes = await io.host.readBytes(file, limit);
    return bytes ?? { reason: `cannot read ${file}: there is no such file`, hint: 'name the file that your CA sent' };
  } catch (error) {
    if (errno(error) === null) throw error;
    return { reason: `cannot read ${file}: ${causeOf(error, file)}`, hint: 'is this the right file?' };
  }
}

/** The certificates of a CA's answer as PEM: it may be PEM already (`-`: on standard input), one certificate as DER, or PKCS#7 (`.p7b`) in either form. */
export async function readAnswer(file: string, io: Io): Promise<string | Unreadable> {
  if (file === '-') return io.stdin();
  const bytes = await readNamed(file, io);
  if (!(bytes instanceof Uint8Array)) return bytes;
  const text = new TextDecoder().decode(bytes);
  const isBinary = bytes[0] === 0x30 && (bytes[1] ?? 0) > 0x80;
  if (!isBinary && !/-----BEGIN PKCS7-----/.test(text)) return text;
  if (isBinary) {
    try {
      return new X509Certificate(bytes).toString();
    } catch {
      // PKCS#7 begins in the same way
    }
  }
  const args = ['pkcs7', '-print_certs', '-inform', isBinary ? 'DER' : 'PEM', '-in', file];
  const { exitCode, stdout } = await io.host.run('openssl', args);
  return exitCode === 0 && stdout.includes('BEGIN CERTIFICATE')
    ? stdout
    : { reason: `${file} has no certificate that openssl could read`, hint: 'a PFX file (PKCS#12) is taken by: weir cert import' };
}
