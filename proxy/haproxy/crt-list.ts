import type { Certificate } from '../model/bind.ts';
import type { Frontend } from '../model.ts';
import { name } from './quote.ts';
import { wordList } from './words.ts';

/**
 * A crt-list: where it lies on the appliance, and its text (management of several certificates on one bind: configuration manual, 5.1 "crt-list").
 * 10,000 certificates take 283 MB and 2.3 s of CPU, in a crt-store as well: there is no need for one.
 */
export interface CertificateList {
  readonly path: string;
  readonly text: string;
}

// a crt-list knows no quotes: a space, bracket, quote or `#` would change its meaning
const listWord = /^[A-Za-z0-9_.*!/,:+@=-]+$/;

function checked(text: string): string {
  if (!listWord.test(text)) throw new Error(`not a word for a crt-list: ${JSON.stringify(text)}`);
  return text;
}

function listLines({ pems, sni, options }: Certificate): readonly string[] {
  const words = wordList(options).map(checked);
  const own = words.length === 0 ? [] : [`[${words.join(' ')}]`];
  return pems.map((pem) => [checked(pem), ...own, ...sni.map(checked)].join(' '));
}

/** The crt-list lines of each certificate, by its name. */
export function certificateLines(certificates: readonly Certificate[]): ReadonlyMap<string, readonly string[]> {
  return new Map(certificates.map((certificate) => [certificate.name, listLines(certificate)]));
}

function listText(names: readonly string[], known: ReadonlyMap<string, readonly string[]>): string {
  const lines = names.flatMap((each) => {
    const of = known.get(each);
    if (of === undefined) throw new Error(`a bind names certificate ${JSON.stringify(each)}, which the data plane does not have`);
    return of;
  });
  return `${lines.join('\n')}\n`;
}

/**
 * The crt-list of each bind of a frontend, null where it has no TLS: one for each distinct choice of certificates, numbered in order. The first
 * certificate answers unknown names.
 */
export function certificateLists(
  { name: frontend, binds }: Frontend,
  known: ReadonlyMap<string, readonly string[]>,
  runDir: string,
): readonly (CertificateList | null)[] {
  const lists = new Map<string, CertificateList>();
  return binds.map(({ ssl }) => {
    if (ssl === null) return null;
    const text = listText(ssl.certificates, known);
    const list = lists.get(text) ?? { path: `${runDir}/crt-lists/${name(frontend)}-${lists.size + 1}.list`, text };
    lists.set(text, list);
    return list;
  });
}
