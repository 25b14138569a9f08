import { isIP } from 'node:net';
import type { Bind, TcpBind } from '../../model/bind.ts';
import type { DataPlane, Frontend } from '../../model.ts';
import { addressText } from '../address.ts';
import { ipv4Ports } from '../bind.ts';
import type { Objection, Question } from './question.ts';

/** An end of a connection. */
export interface End {
  readonly address: string;
  readonly port: number;
}

/** The bind that takes a connection, and the two ends that it sees; null for a UNIX socket, which has none. */
export interface ChosenBind {
  readonly frontend: Frontend;
  /** Its index in its frontend. */
  readonly index: number;
  readonly bind: Bind;
  readonly ends: { readonly source: End; readonly destination: End } | null;
}

/** Addresses that nobody has (RFC 5737, RFC 3849), where the question names none. */
const nobody = { 4: { client: '192.0.2.1', own: '192.0.2.80' }, 6: { client: '2001:db8::1', own: '2001:db8::80' } } as const;

/** A port that a client may have. */
const clientPort = 40_000;

/** An address in its one form (RFC 5952). */
function canonical(address: string): string {
  return isIP(address) === 6 ? new URL(`http://[${address}]`).hostname.slice(1, -1) : address;
}

type Family = 4 | 6;
const familyOf = (address: string): Family => (address.includes(':') ? 6 : 4);
const isAny = (address: string): boolean => address === '*' || address === '0.0.0.0' || address === '::';

/** Whether a bind's address takes a connection to another. */
function takes(own: string, wanted: string, port: number, takenByIpv4: ReadonlySet<number>): boolean {
  if (!isAny(own)) return canonical(own) === canonical(wanted);
  if (own === '::') return familyOf(wanted) === 6 || !takenByIpv4.has(port);
  return familyOf(wanted) === 4;
}

/** Families of clients that reach a bind. */
function familiesOf({ addresses, port }: TcpBind, takenByIpv4: ReadonlySet<number>): readonly Family[] {
  return [
    ...new Set(addresses.flatMap((each): readonly Family[] => (each === '::' && !takenByIpv4.has(port) ? [4, 6] : [familyOf(each)]))),
  ];
}

/** Where a bind is for programs of the same machine; null: it has an address. */
function socketOf(bind: Bind): string | null {
  if (bind.kind === 'tcp') return null;
  return bind.kind === 'unix' ? bind.path : `abns@${bind.name}`;
}

/** What a bind is, for a person. */
export function bindText({ mode }: Frontend, bind: Bind): string {
  const kind = bind.ssl !== null ? ', TLS' : mode === 'tcp' ? ', TCP' : '';
  if (bind.kind !== 'tcp') return `${socketOf(bind)}${kind}`;
  const port = bind.port === bind.lastPort ? bind.port : `${bind.port}-${bind.lastPort}`;
  return `${bind.addresses.map((address) => addressText({ address, port })).join(' ')}${kind}`;
}

interface Candidate {
  readonly frontend: Frontend;
  readonly index: number;
  readonly bind: Bind;
}

const named = ({ frontend, index, bind }: Candidate): string => `frontends.${frontend.name}.bind[${index}] (${bindText(frontend, bind)})`;

function listed(candidates: readonly Candidate[]): string {
  const more = candidates.length > 10 ? `, and ${candidates.length - 10} more` : '';
  return `${candidates.slice(0, 10).map(named).join(', ')}${more}`;
}

/** Whether a bind speaks what the question does. Whoever listens by TCP alone passes TLS on. */
function speaks({ frontend, bind }: Candidate, question: Question): boolean {
  if (question.kind === 'tcp') return frontend.mode === 'tcp';
  return question.isTls ? bind.ssl !== null || frontend.mode === 'tcp' : bind.ssl === null;
}

/** The bind that a connection reaches: by its port, by what it speaks, and by its address where it names one; several or none are an objection. */
export function chooseBind(plane: DataPlane, question: Question): ChosenBind | Objection {
  const { host, port, to, source } = question;
  const all = plane.frontends.flatMap((frontend) => frontend.binds.map((bind, index): Candidate => ({ frontend, index, bind })));
  const socket = to !== null && isIP(to) === 0 ? to : null;
  const takenByIpv4 = ipv4Ports(all.map(({ bind }) => bind));
  const wanted = to ?? (isIP(host) === 0 ? null : host);
  const there = all.filter(({ bind }) => {
    if (socket !== null) return socketOf(bind) === socket;
    if (bind.kind !== 'tcp' || port < bind.port || port > bind.lastPort) return false;
    if (wanted !== null) return bind.addresses.some((own) => takes(own, wanted, bind.port, takenByIpv4));
    return source === null || familiesOf(bind, takenByIpv4).includes(familyOf(source));
  });
  const found = there.filter((candidate) => speaks(candidate, question));
  const [first] = found;
  if (first === undefined) return none(question, there, all, socket);
  if (found.some(({ frontend }) => frontend !== first.frontend))
    return { message: `several frontends take port ${port}: ${listed(found)}`, hint: 'say which: --to ADDRESS' };

  const { bind } = first;
  if (bind.kind !== 'tcp') {
    if (source !== null && bind.acceptProxy === false)
      return { message: `clients of the UNIX socket ${socketOf(bind)} have no address`, hint: 'leave out --source' };
    const ends =
      source === null
        ? null
        : { source: { address: source, port: clientPort }, destination: { address: nobody[familyOf(source)].own, port } };
    return { ...first, ends };
  }
  const families = familiesOf(bind, takenByIpv4);
  const family = familyOf(wanted ?? source ?? (families.includes(4) ? '' : ':'));
  if (source !== null && familyOf(source) !== family)
    return {
      message: `a client at ${source} does not reach ${wanted}`,
      hint: 'the source and the address are of one family, IPv4 or IPv6',
    };
  const own = wanted ?? bind.addresses.find((each) => !isAny(each) && familyOf(each) === family) ?? nobody[family].own;
  return {
    ...first,
    ends: { source: { address: source ?? nobody[family].client, port: clientPort }, destination: { address: own, port } },
  };
}

function none(question: Question, here: readonly Candidate[], all: readonly Candidate[], socket: string | null): Objection {
  const { port } = question;
  const [other] = here;
  if (other !== undefined) {
    const spoken = question.kind === 'tcp' ? 'HTTP' : question.isTls ? 'no TLS' : 'TLS';
    const scheme = question.kind === 'tcp' ? `GET http${other.bind.ssl === null ? '' : 's'}` : question.isTls ? 'http' : 'https';
    return { message: `${named(other)} speaks ${spoken}`, hint: `ask for ${scheme}://${question.host}:${port}/` };
  }
  const what = socket ?? `port ${port}${question.to === null && isIP(question.host) === 0 ? '' : ` of ${question.to ?? question.host}`}`;
  const from = question.source === null || socket !== null ? '' : ` for a client at ${question.source}`;
  return {
    message: `no bind takes ${what}${from}`,
    hint: all.length === 0 ? 'the document has no bind' : `there are: ${listed(all)}`,
  };
}

/** The header of the PROXY protocol that tells HAProxy both ends (doc/proxy-protocol.txt, 2.1). */
export function proxyHeader(ends: ChosenBind['ends']): string {
  if (ends === null) return 'PROXY UNKNOWN\r\n';
  const { source, destination } = ends;
  return `PROXY TCP${familyOf(source.address)} ${source.address} ${destination.address} ${source.port} ${destination.port}\r\n`;
}
