import type { Bind, Certificate, Frontend } from '../model.ts';
import { addressText } from './address.ts';
import { line, name } from './quote.ts';

/** A crt-list: where it lies on the appliance, and its text (management of several certificates on one bind: configuration manual, 5.1 "crt-list"). */
export interface CertificateList {
  readonly path: string;
  readonly text: string;
}

// a crt-list knows no quotes: a space, bracket, quote or `#` would change its meaning
const listWord = /^[A-Za-z0-9_.*!/-]+$/;

function checked(text: string): string {
  if (!listWord.test(text)) throw new Error(`not a word for a crt-list: ${JSON.stringify(text)}`);
  return text;
}

function listLines({ pems, sni, clientCa }: Certificate): readonly string[] {
  const options = clientCa === null ? [] : [`[ca-file ${checked(clientCa.file)} verify ${clientCa.verify}]`];
  return pems.map((pem) => [checked(pem), ...options, ...sni.map(checked)].join(' '));
}

function listText(names: readonly string[], certificates: readonly Certificate[]): string {
  const lines = names.flatMap((each) => {
    const certificate = certificates.find((known) => known.name === each);
    if (certificate === undefined) throw new Error(`a bind names certificate ${JSON.stringify(each)}, which the data plane does not have`);
    return listLines(certificate);
  });
  return `${lines.join('\n')}\n`;
}

/** The crt-lists of a frontend: one for each distinct choice of certificates, numbered in order. The first certificate answers unknown names. */
export function certificateLists(
  { name: frontend, binds }: Frontend,
  certificates: readonly Certificate[],
  runDir: string,
): readonly CertificateList[] {
  const texts = new Set(binds.flatMap(({ ssl }) => (ssl === null ? [] : [listText(ssl.certificates, certificates)])));
  return [...texts].map((text, index) => ({ path: `${runDir}/crt-lists/${name(frontend)}-${index + 1}.list`, text }));
}

const anyIpv4 = new Set(['*', '0.0.0.0']);
const anyIpv6 = '::';

/** `::` takes IPv4 too, as Linux does by default, unless another bind takes IPv4 on that port; said aloud, as it must not hang on a sysctl. */
function family({ address, port }: Bind, binds: readonly Bind[]): readonly string[] {
  if (address !== anyIpv6) return [];
  return binds.some((other) => other.port === port && anyIpv4.has(other.address)) ? ['v6only'] : ['v4v6'];
}

/** The `bind` lines of a frontend. `all` are the binds of every frontend, `lists` this one's crt-lists. */
export function bindLines(
  frontend: Frontend,
  all: readonly Bind[],
  lists: readonly CertificateList[],
  certificates: readonly Certificate[],
): readonly string[] {
  return frontend.binds.map((bind) => {
    const { ssl, acceptProxy } = bind;
    const words: string[] = [addressText(bind), ...family(bind, all)];
    if (acceptProxy) words.push('accept-proxy');
    if (ssl !== null) {
      const text = listText(ssl.certificates, certificates);
      const list = lists.find((each) => each.text === text);
      if (list === undefined) throw new Error(`frontend ${frontend.name} has no crt-list for ${ssl.certificates.join(', ')}`);
      words.push('ssl', 'crt-list', list.path);
      if (ssl.alpn.length > 0) words.push('alpn', ssl.alpn.join(','));
    }
    return line('bind', ...words);
  });
}
