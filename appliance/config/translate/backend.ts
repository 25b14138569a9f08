import type { Backend, Check, Server, ServerOptions, ServerTls } from '../../../proxy/model.ts';
import { parseEndpoint } from '../schema/address.ts';
import { CHECK_METHODS } from '../schema/server.ts';
import type { Document } from '../schema.ts';
import { usedAcls } from './acls.ts';
import { translateBalance } from './balance.ts';
import { translateCompression } from './compression.ts';
import { translateConditions } from './condition.ts';
import { present } from './frontend.ts';
import { translateAnswers } from './own-answer.ts';
import { translateAlternatives, translateCookie, translateRdpCookie, translateStick } from './persistence.ts';
import { translateRulesets } from './rule.ts';
import { CERTIFICATES } from './words.ts';

type BackendInput = Document['backends'][string];
type ServerInput = Exclude<BackendInput['servers'][string], string>;
type OptionsInput = BackendInput['default-server'];

/** What a backend has where the document does not say: connecting every 2 s, three failures, two successes. */
const TCP_CHECK: Check = { kind: 'tcp', inter: '2s', fall: 3, rise: 2, port: null };

/** A backend in long form. `mode` is that of the frontends which use it. */
export function translateBackend(name: string, input: BackendInput, mode: 'http' | 'tcp', document: Document): Backend {
  const rules = translateRulesets(input);
  const choices = {
    stick: translateStick(input.stick),
    useServer: input['use-server'].map((rule) => ({ server: rule.server, condition: translateConditions(rule) })),
    forcePersist: translateAlternatives(input['force-persist']),
    ignorePersist: translateAlternatives(input['ignore-persist']),
  };
  const conditions = [
    ...[...Object.values(rules).flat(), ...choices.stick, ...choices.useServer].map(({ condition }) => condition),
    ...choices.forcePersist,
    ...choices.ignorePersist,
  ];
  const { redispatch, ...options } = input.option;
  const common = input['default-server'];
  return {
    name,
    mode,
    balance: translateBalance(input.balance, mode),
    cookie: translateCookie(input.cookie),
    check: translateCheck(input.check),
    timeouts: present(input.timeout),
    httpReuse: input['http-reuse'],
    options: present({ ...options, redispatch: typeof redispatch === 'number' ? String(redispatch) : redispatch }),
    retries: input.retries ?? null,
    retryOn: [input['retry-on'] ?? []].flat().map(String),
    ...choices,
    persistRdpCookie: translateRdpCookie(input.persist?.['rdp-cookie']),
    fullconn: input.fullconn ?? null,
    rules,
    inspectDelay: input['tcp-request inspect-delay'] ?? null,
    responseInspectDelay: input['tcp-response inspect-delay'] ?? null,
    answers: translateAnswers(input),
    compression: translateCompression(input.compression),
    servers: Object.entries(input.servers).map(([server, each]) => translateServer(server, each, common)),
    acls: usedAcls({ conditions, extra: input.extra }, Object.keys(document.acls)),
    extra: input.extra,
  };
}

function translateCheck(input: BackendInput['check']): Check | null {
  if (input === false) return null;
  if (input === undefined || input === true) return TCP_CHECK;
  const { inter, fall, rise, port = null, host = null, headers, expect } = input;
  const method = CHECK_METHODS.find((each) => input[each] !== undefined);
  if (method === undefined) return { kind: 'tcp', inter, fall, rise, port };
  const status = expect?.status;
  return {
    kind: 'http',
    method,
    path: input[method] ?? '/',
    host,
    headers,
    expectStatus: status === undefined ? null : [status].flat().map(String).join(','),
    inter,
    fall,
    rise,
    port,
  };
}

function translateServer(name: string, input: ServerInput | string, common: OptionsInput): Server {
  const long: Partial<ServerInput> & { readonly address: string } = typeof input === 'string' ? { address: input } : input;
  const endpoint = parseEndpoint(long.address);
  const { host, address, port } = typeof endpoint === 'string' ? { host: long.address, address: null, port: 0 } : endpoint;
  return {
    name,
    address: host,
    port,
    weight: long.weight ?? null,
    backup: long.backup ?? false,
    check: long.check ?? true,
    ...translateOptions({ ...common, ...long }, address === null),
  };
}

function translateOptions(input: OptionsInput, isNamed: boolean): ServerOptions {
  const proxy = input['send-proxy'] ?? false;
  return {
    maxconn: input.maxconn ?? null,
    slowstart: input.slowstart ?? null,
    observe: input.observe ?? null,
    onError: input['on-error'] ?? null,
    tls: translateTls(input.ssl),
    // A name that is looked up once, at the start, would go stale.
    resolvers: input.resolvers ?? (isNamed ? 'system' : null),
    sendProxy: proxy === false ? null : proxy === true ? 'v1' : proxy,
  };
}

function translateTls(input: OptionsInput['ssl']): ServerTls | null {
  if (input === undefined || input === false) return null;
  if (input === true) return { verify: 'required', caFile: null, sni: null, alpn: [] };
  const caFile = input['ca-file'];
  return {
    verify: input.verify,
    caFile: caFile === undefined ? null : `${CERTIFICATES}/${caFile}`,
    sni: input.sni ?? null,
    alpn: input.alpn,
  };
}
