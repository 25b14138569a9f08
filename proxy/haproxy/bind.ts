import type { Bind, Certificate, Frontend, UnixBind } from '../model.ts';
import { addressText } from './address.ts';
import { type Line, placed } from './line.ts';
import { comment, line, name } from './quote.ts';

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

/** The ports of which a bind takes every IPv4 address. */
export function ipv4Ports(binds: readonly Bind[]): ReadonlySet<number> {
  return new Set(
    binds.flatMap((bind) => (bind.kind === 'tcp' && bind.addresses.some((each) => each === '*' || each === '0.0.0.0') ? [bind.port] : [])),
  );
}

/**
 * The UNIX sockets that HAProxy makes, by the paths of their binds, where links lead to them. HAProxy puts a socket in the place of whatever has its
 * path, takes none away, and leaves one that it inherits at a reload in its old mode (`sock_unix_bind_receiver` in its `sock_unix.c`): so they have a
 * folder of their own, and names with the mode in them.
 */
export function socketLinks(binds: readonly Bind[], runDir: string): ReadonlyMap<string, string> {
  return new Map(binds.flatMap((bind) => (bind.kind === 'unix' ? [[bind.path, socketOf(bind, runDir)] as const] : [])));
}

function socketOf({ path, mode }: UnixBind, runDir: string): string {
  return `${runDir}/binds/${path.slice(path.lastIndexOf('/') + 1).replace(/\.sock$/, '')}-${mode}.sock`;
}

/** `::` takes IPv4 too, as Linux does by default, unless another bind takes IPv4 on that port; said aloud, as it must not hang on a sysctl. */
function family(address: string, port: number, takenByIpv4: ReadonlySet<number>): readonly string[] {
  if (address !== '::') return [];
  return takenByIpv4.has(port) ? ['v6only'] : ['v4v6'];
}

/** The `bind` lines of a frontend. `takenByIpv4` are the ports of {@link ipv4Ports} in the whole data plane, `lists` the crt-lists of its binds. */
export function bindLines(
  { binds }: Frontend,
  takenByIpv4: ReadonlySet<number>,
  lists: readonly (CertificateList | null)[],
  runDir: string,
): readonly Line[] {
  return binds.flatMap((bind, index) => {
    const { ssl, acceptProxy } = bind;
    const list = lists[index] ?? null;
    const options: string[] = [];
    if (acceptProxy) options.push('accept-proxy');
    if (ssl !== null && list !== null) {
      options.push('ssl', 'crt-list', list.path);
      if (ssl.alpn.length > 0) options.push('alpn', ssl.alpn.join(','));
    }
    const lines =
      bind.kind === 'unix'
        ? [comment(`programs find it at ${bind.path}`), line('bind', `unix@${socketOf(bind, runDir)}`, 'mode', bind.mode, ...options)]
        : bind.addresses.map((address) =>
            line('bind', addressText({ address, port: bind.port }), ...family(address, bind.port, takenByIpv4), ...options),
          );
    return placed(['bind', index], lines);
  });
}
