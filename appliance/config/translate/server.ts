import type { Agent, Server, ServerOptions, ServerTls, Source, Words } from '../../../proxy/model.ts';
import { parseAddress, parseEndpoint, parseSocket } from '../schema/address.ts';
import { words } from '../schema/server-word.ts';
import { serverTls } from '../schema/tls.ts';
import type { Document } from '../schema.ts';
import { translateSettings } from './check.ts';
import { CERTIFICATES, wordsOf } from './words.ts';

type BackendInput = Document['backends'][string];
type ServerInput = Exclude<BackendInput['servers'][string], string>;
type TemplateInput = BackendInput['server-template'][string];
type OptionsInput = BackendInput['default-server'];
type SourceInput = NonNullable<OptionsInput['source']>;

/** The servers and templates of a backend, in long form. */
export function translateServers(
  { servers, 'server-template': templates, 'default-server': common, source }: BackendInput,
  document: Document,
): readonly Server[] {
  const sources = [source ?? []].flat();
  // a pool of addresses: each server gets the next
  const shared = (index: number): OptionsInput => {
    const next = sources[index % sources.length];
    return next === undefined ? common : { source: next, ...common };
  };
  return [
    ...Object.entries(servers).map(([name, input], index) => {
      const long = typeof input === 'string' ? { address: input } : input;
      const endpoint = parseEndpoint(long.address);
      const socket = parseSocket(long.address);
      const { host, address, port } = typeof endpoint === 'string' ? { host: socket ?? long.address, address: socket, port: 0 } : endpoint;
      return { ...translateServer(name, long, shared(index), address === null, document), address: host, port, count: null };
    }),
    ...Object.entries(templates).map(([name, input], index) => {
      const [, host = '', port = '0'] = /^(.*?)(?::([0-9]+))?$/.exec(input.address) ?? [];
      const options = shared(Object.keys(servers).length + index);
      return {
        ...translateServer(name, input, options, true, document),
        address: host.toLowerCase(),
        port: Number(port),
        count: input.count,
      };
    }),
  ];
}

function translateServer(
  name: string,
  input: Partial<ServerInput> | TemplateInput,
  common: OptionsInput,
  isNamed: boolean,
  document: Document,
): Omit<Server, 'address' | 'port' | 'count'> {
  const { check = true, backup = false } = input;
  return {
    name,
    backup,
    // what takes its state from another server is not tested itself
    check: check !== false && (input.track ?? common.track) === undefined,
    checkSettings: typeof check === 'object' ? translateSettings(check) : {},
    cookie: 'cookie' in input ? (input.cookie ?? null) : null,
    ...translateOptions({ ...common, ...input }, isNamed, document),
  };
}

function translateOptions(input: OptionsInput, isNamed: boolean, document: Document): ServerOptions {
  const proxy = input['send-proxy'] ?? false;
  return {
    words: wordsOf(input, Object.keys(words)),
    source: input.source === undefined ? null : translateSource(input.source),
    agent: translateAgent(input['agent-check']),
    weight: input.weight ?? null,
    maxconn: input.maxconn ?? null,
    slowstart: input.slowstart ?? null,
    observe: input.observe ?? null,
    onError: input['on-error'] ?? null,
    tls: translateTls(input.ssl, document),
    // A name that is looked up once, at the start, would go stale.
    resolvers: input.resolvers ?? (isNamed ? 'system' : null),
    sendProxy: proxy === false ? null : proxy === true ? 'v1' : proxy,
  };
}

function translateSource(input: SourceInput): Source {
  const { address, port, interface: device = null, usesrc = null } = typeof input === 'string' ? { address: input } : input;
  return {
    address: address === undefined ? null : (parseAddress(address)?.text ?? address),
    ports: port === undefined ? null : String(port),
    interface: device,
    usesrc,
  };
}

function translateAgent(input: OptionsInput['agent-check']): Agent | null {
  if (input === undefined) return null;
  const { port, inter = null, send = null, addr = null } = input;
  return { port, inter, send, addr };
}

/** The certificate that is shown to a server or a peer. */
export function shownCertificate(name: string | undefined, { certificates }: Document): Words {
  const pem = name === undefined || !Object.hasOwn(certificates, name) ? undefined : certificates[name]?.pem;
  return pem === undefined ? {} : { crt: `${CERTIFICATES}/${pem}` };
}

function translateTls(input: OptionsInput['ssl'], document: Document): ServerTls | null {
  if (input === undefined || input === false) return null;
  if (input === true) return { verify: 'required', caFile: null, sni: null, alpn: [], options: {} };
  const caFile = input['ca-file'];
  return {
    verify: input.verify,
    caFile: caFile === undefined ? null : `${CERTIFICATES}/${caFile}`,
    sni: input.sni ?? null,
    alpn: input.alpn,
    options: { ...shownCertificate(input.crt, document), ...wordsOf(input, Object.keys(serverTls)) },
  };
}
