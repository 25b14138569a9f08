import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { temporaryFolder } from '../../support/ending.ts';

/** The bench's own key and certificate of a kind, as one PEM text: everyone uses the same two. */
export type Certificates = Readonly<Record<'ecdsa' | 'rsa', string>>;

const kinds = { ecdsa: ['ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1'], rsa: ['rsa:2048'] } as const;

/** Makes them with openssl: P-256 and RSA of 2,048 bits. */
export async function makeCertificates(): Promise<Certificates> {
  const folder = temporaryFolder('bench-certificates');
  const make = async (kind: keyof typeof kinds): Promise<string> => {
    const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
    const subject = ['-subj', '/CN=bench.example', '-addext', 'subjectAltName=DNS:bench.example'];
    await execa('openssl', ['req', '-x509', '-newkey', ...kinds[kind], '-nodes', '-days', '30', ...subject, '-keyout', key, '-out', cert]);
    return `${await readFile(cert, 'utf8')}${await readFile(key, 'utf8')}`;
  };
  const made = { ecdsa: await make('ecdsa'), rsa: await make('rsa') };
  await rm(folder, { recursive: true, force: true });
  return made;
}
