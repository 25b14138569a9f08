import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import type { Files } from '../../appliance/config/config.ts';
import { temporaryFolder } from '../support/ending.ts';
import { type KeyPair, makeCertificate } from '../support/haproxy-certificates.ts';

/** Files in `certificates/` beside a document. */
export function certificates(files: Readonly<Record<string, string>>): Pick<Files, 'certificates'> {
  return { certificates: new Map(Object.entries(files).map(([name, text]) => [name, Buffer.from(text)])) };
}

/** A certificate, its chain and its key in one file. */
export function pemOf({ cert, key }: KeyPair, ...chain: readonly KeyPair[]): string {
  return [cert, ...chain.map((each) => each.cert), key].join('');
}

/** What a CA keeps of its certificates (openssl-ca(1)): a new folder with its own certificate and key, which ends with the tests. */
export async function caFolder(issuer: KeyPair): Promise<string> {
  const folder = temporaryFolder('ca');
  const config = `[ca]\ndefault_ca = own\n[own]\ndatabase = ${folder}/index.txt\ncrlnumber = ${folder}/crlnumber\ndefault_md = sha256\ndefault_crl_days = 30\n`;
  const files = { 'ca.pem': issuer.cert, 'ca-key.pem': issuer.key, 'index.txt': '', crlnumber: '01\n', 'ca.cnf': config };
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
  return folder;
}

/** The list of what a CA has revoked. */
export async function revocations(issuer: KeyPair, revoked: readonly KeyPair[]): Promise<string> {
  const folder = await caFolder(issuer);
  const at = (file: string) => join(folder, file);
  const own = ['ca', '-config', at('ca.cnf'), '-cert', at('ca.pem'), '-keyfile', at('ca-key.pem')];
  for (const { cert } of revoked) {
    await writeFile(at('revoked.pem'), cert);
    await execa('openssl', [...own, '-revoke', at('revoked.pem')]);
  }
  await execa('openssl', [...own, '-gencrl', '-out', at('crl.pem')]);
  return await readFile(at('crl.pem'), 'utf8');
}

/** A CA, and certificates that it has signed: made once, for all proofs. */
export const ca = await makeCertificate('Test CA');
export const shop = await makeCertificate('shop.example', ca);
export const other = await makeCertificate('other.example', ca);
