import type { Files } from '../../appliance/config/config.ts';
import { type KeyPair, makeCertificate } from '../support/haproxy-certificates.ts';

/** Files in `certificates/` beside a document. */
export function certificates(files: Readonly<Record<string, string>>): Pick<Files, 'certificates'> {
  return { certificates: new Map(Object.entries(files).map(([name, text]) => [name, Buffer.from(text)])) };
}

/** A certificate, its chain and its key in one file. */
export function pemOf({ cert, key }: KeyPair, ...chain: readonly KeyPair[]): string {
  return [cert, ...chain.map((each) => each.cert), key].join('');
}

/** A CA, and certificates that it has signed: made once, for all proofs. */
export const ca = await makeCertificate('Test CA');
export const shop = await makeCertificate('shop.example', ca);
export const other = await makeCertificate('other.example', ca);
