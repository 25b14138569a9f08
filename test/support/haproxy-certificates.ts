import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { temporaryFolder } from './ending.ts';

/** A certificate with its key, PEM. */
export interface KeyPair {
  readonly cert: string;
  readonly key: string;
}

/** What a certificate is besides its name: of an RSA key instead of ECDSA, and with these extensions, as openssl writes them. */
export interface CertificateKind {
  readonly rsa?: boolean;
  readonly extensions?: readonly string[];
}

/** Makes a certificate for a name with openssl, signed by an issuer or by itself. */
export async function makeCertificate(
  name: string,
  issuer: KeyPair | null = null,
  { rsa = false, extensions = [] }: CertificateKind = {},
): Promise<KeyPair> {
  const folder = temporaryFolder('certificate');
  const at = (file: string) => join(folder, file);
  try {
    const signed: string[] = [];
    if (issuer !== null) {
      await writeFile(at('issuer.pem'), issuer.cert);
      await writeFile(at('issuer-key.pem'), issuer.key);
      signed.push('-CA', at('issuer.pem'), '-CAkey', at('issuer-key.pem'));
    }
    const subject = ['-subj', `/CN=${name}`, '-addext', `subjectAltName=DNS:${name}`];
    const key = rsa ? ['-newkey', 'rsa:2048'] : ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1'];
    const kind = [...key, '-nodes', '-days', '90', ...extensions.flatMap((extension) => ['-addext', extension])];
    await execa('openssl', ['req', '-x509', ...kind, ...subject, ...signed, '-keyout', at('key.pem'), '-out', at('cert.pem')]);
    return { cert: await readFile(at('cert.pem'), 'utf8'), key: await readFile(at('key.pem'), 'utf8') };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
