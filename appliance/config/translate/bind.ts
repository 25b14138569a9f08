import type { Bind, Certificate } from '../../../proxy/model/bind.ts';
import { parseAddress } from '../schema/address.ts';
import { parseBindAddress, parsePorts, SOCKET_WORDS } from '../schema/bind.ts';
import { bindTls, certificateTls } from '../schema/tls.ts';
import type { Document } from '../schema.ts';
import { CERTIFICATES, clientTls, wordsOf } from './words.ts';

/** What TLS offers to clients of an HTTP frontend, the preferred first. */
const HTTP_ALPN = ['h2', 'http/1.1'];

/** Words of TLS that are not passed on as they are: `alpn` has a default. */
const TLS_WORDS = Object.keys(bindTls).filter((key) => key !== 'alpn');

type BindInput = Document['frontends'][string]['bind'][number];

/** An address and ports that a bind listens on. */
export interface Listens {
  readonly address: string;
  readonly port: number;
  readonly lastPort: number;
}

/** The addresses and ports of a bind, none of one on a UNIX socket; `*` and `::` are any address. */
export function listens(bind: Pick<BindInput, 'vip' | 'address' | 'port'>, vips: Document['vips']): readonly Listens[] {
  const { vip, address, port = 0 } = bind;
  const ports = parsePorts(port) ?? { port: 0, lastPort: 0 };
  if (vip !== undefined) {
    const addresses = Object.hasOwn(vips, vip) ? (vips[vip]?.addresses ?? []) : [];
    return addresses.map((each) => ({ address: parseAddress(each)?.text ?? each, ...ports }));
  }
  if (address === undefined) return [];
  const bare = address === '*' ? '*' : parseAddress(address)?.text;
  const parsed = bare === undefined ? parseBindAddress(address) : { address: bare === '0.0.0.0' ? '*' : bare, ...ports };
  return typeof parsed === 'string' ? [] : [parsed];
}

/** A bind in long form. */
export function translateBind(bind: BindInput, mode: 'http' | 'tcp', { vips }: Document): Bind {
  const alpn = bind.alpn ?? (mode === 'http' ? HTTP_ALPN : []);
  const options = {
    ssl:
      bind.ssl === undefined
        ? null
        : {
            certificates: bind.ssl,
            alpn: alpn.filter((protocol) => protocol !== 'h3'),
            quic: alpn.includes('h3'),
            options: clientTls(bind, TLS_WORDS),
          },
    acceptProxy: bind['accept-proxy'],
    options: wordsOf(bind, SOCKET_WORDS),
  };
  if (bind.unix !== undefined) return { kind: 'unix', path: bind.unix, mode: bind.mode === 600 ? '600' : '666', ...options };
  if (bind.abns !== undefined) return { kind: 'abns', name: bind.abns, ...options };
  const at = listens(bind, vips);
  return {
    kind: 'tcp',
    addresses: at.map(({ address }) => address),
    port: at[0]?.port ?? 0,
    lastPort: at[0]?.lastPort ?? 0,
    ...options,
  };
}

/** A certificate in long form. */
export function translateCertificate(name: string, input: Document['certificates'][string]): Certificate {
  const { pem, ecdsa, sni, ocsp } = input;
  return {
    name,
    pems: [pem, ...(ecdsa === undefined ? [] : [ecdsa])].map((file) => `${CERTIFICATES}/${file}`),
    sni,
    options: { ...clientTls(input, Object.keys(certificateTls)), ...(ocsp === undefined ? {} : { 'ocsp-update': 'on' }) },
  };
}
