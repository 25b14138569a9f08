import type { Certificate, Words } from '../../model/bind.ts';
import type { Global } from '../../model/global.ts';
import type { Options } from '../../model/option.ts';
import type { Server } from '../../model/server.ts';
import type { Backend, DataPlane, Frontend } from '../../model.ts';
import type { Place } from '../line.ts';
import type { ChosenBind } from './chosen-bind.ts';

/** Where the sockets of the private HAProxy are, below its folder. */
export const privateSockets = { bind: 'binds/route-600.sock', http: 'binds/http.sock', tcp: 'binds/tcp.sock' } as const;

/** A data plane that reaches nobody, and the raw lines of it that it has not. */
export interface PrivatePlane {
  readonly plane: DataPlane;
  readonly leftOut: readonly Place[];
}

const pick = (words: Words, isWanted: (key: string) => boolean): Words =>
  Object.fromEntries(Object.entries(words).filter(([key]) => isWanted(key)));

/** Options that decide what is logged, how a server is looked at, or what TCP does: the answer is read from the log, and there is no network. */
const notOurs =
  /^(?:dontlog|log|http-ignore-probes|httplog|tcplog|httpslog|socket-stats|httpchk|.*-check$|clitcpka|srvtcpka|tcpka|transparent|splice|tcp-smart|nolinger)/;

const kept = (options: Options): Options => Object.fromEntries(Object.entries(options).filter(([key]) => !notOurs.test(key)));

/** Raw lines of a proxy that decide where requests go and reach nobody, by their first word. */
const harmless =
  /^(?:acl|http-request|http-response|http-after-response|tcp-request\s+(?:content|inspect-delay)|tcp-response|use_backend|use-server|default_backend|redirect|balance|hash-type|hash-balance-factor|cookie|capture|declare|compression|http-error|monitor-uri|monitor|stick|stick-table|force-persist|ignore-persist|unique-id-format|unique-id-header|rate-limit|retries|retry-on|fullconn|stats\s+(?:enable|uri|auth|realm|hide-version|show-\S+)|timeout\s+(?:server|connect|client|http-request|queue))\b/;
/** Of these, what asks others, is not logged, or needs what is not there. */
const reaching = /\b(?:do-resolve|set-log-level|send-spoe-group|wait-for-handshake-ssl|peers)\b/;
/** Raw lines of the global section that are settings alone. */
const settings = /^(?:tune\.(?:bufsize|maxrewrite|http|lua)|set-var|set-var-fmt|setenv|presetenv|ssl-security-level|h1-)/;

/** Keeps of raw lines what it may, in their order, and the places of the others. */
interface RawLines {
  readonly leftOut: readonly Place[];
  readonly keep: (at: Place, lines: readonly string[], isKept: (line: string) => boolean) => readonly string[];
}

function keepRaw(): RawLines {
  const leftOut: Place[] = [];
  return {
    leftOut,
    // the others keep their indexes: the place of a line is told by it
    keep: (at, lines, isKept) =>
      lines.map((line, index) => {
        if (isKept(line.trim())) return line;
        leftOut.push([...at, 'extra', index]);
        return '# left out';
      }),
  };
}

const ofProxy = (line: string): boolean => harmless.test(line) && !reaching.test(line);

/** A certificate is asked for, not insisted on: what is asked with has none. No CA is asked about ours. */
function askedFor(options: Words): Words {
  const { 'ocsp-update': _asksTheCa, ...rest } = options;
  return rest.verify === 'required' ? { ...rest, verify: 'optional' } : rest;
}

const ownCertificates = (certificates: readonly Certificate[], names: readonly string[]): readonly Certificate[] =>
  certificates
    .filter(({ name }) => names.includes(name))
    .map((certificate) => ({ ...certificate, options: askedFor(certificate.options) }));

const silentLogging = (frontend: Frontend, format: string): Frontend['logging'] => ({
  ...frontend.logging,
  format,
  errorFormat: null,
  structuredData: null,
  tag: null,
  targets: [],
});

function privateFrontend({ frontend, bind }: ChosenBind, logFormat: string, raw: RawLines): Frontend {
  const { name } = bind.options;
  return {
    ...frontend,
    maxconn: null,
    settings: {},
    options: kept(frontend.options),
    binds: [
      {
        kind: 'unix',
        path: '/run/route.sock',
        mode: '600',
        ssl: bind.ssl === null ? null : { ...bind.ssl, quic: false, options: askedFor(bind.ssl.options) },
        acceptProxy: true,
        options: name === undefined ? {} : { name },
      },
    ],
    logging: silentLogging(frontend, logFormat),
    spoe: [],
    extra: raw.keep(['frontends', frontend.name], frontend.extra, ofProxy),
  };
}

/** Words of a server that decide whether it is taken. */
const serverWords: ReadonlySet<string> = new Set(['disabled', 'minconn', 'maxqueue']);

function privateServer(server: Server, socket: string): Server {
  return {
    ...server,
    address: socket,
    port: 0,
    check: false,
    checkSettings: {},
    slowstart: null,
    observe: null,
    onError: null,
    words: pick(server.words, (word) => serverWords.has(word)),
    source: null,
    agent: null,
    tls: null,
    resolvers: null,
    sendProxy: null,
  };
}

function privateBackend(backend: Backend, folder: string, raw: RawLines): Backend {
  const socket = `${folder}/${privateSockets[backend.mode]}`;
  return {
    ...backend,
    check: null,
    options: kept(backend.options),
    emailAlert: {},
    fcgiApp: null,
    spoe: [],
    logs: [],
    servers: backend.servers.map((server) => privateServer(server, socket)),
    extra: raw.keep(['backends', backend.name], backend.extra, ofProxy),
  };
}

/** Settings that change what becomes of a request, or of TLS with clients. */
const privateSetting = /^(?:tune\.(?:bufsize|maxrewrite|http\.|lua\.)|ssl-security-level$|ssl-default-bind-)/;

function privateGlobal(global: Global): Global {
  return { ...global, maxconn: null, settings: pick(global.settings, (key) => privateSetting.test(key)) };
}

/**
 * The data plane as one private HAProxy has it: the frontend that is asked behind one UNIX socket, every backend with stand-ins for its servers, and
 * nothing that reaches others: no checks, no names to look up, no mail, no logs but ours, no peers, no agents. `folder` is where its sockets are.
 */
export function privatePlane(plane: DataPlane, chosen: ChosenBind, folder: string, logFormat: string): PrivatePlane {
  const raw = keepRaw();
  const { defaults } = plane;
  const made: DataPlane = {
    ...plane,
    certificates: ownCertificates(plane.certificates, chosen.bind.ssl?.certificates ?? []),
    frontends: [privateFrontend(chosen, logFormat, raw)],
    backends: plane.backends.map((backend) => privateBackend(backend, folder, raw)),
    resolvers: [],
    fcgiApps: [],
    spoeAgents: [],
    mailers: [],
    rings: [],
    logForwards: [],
    // each is in memory as a whole from the start
    caches: plane.caches.map((cache) => ({ ...cache, settings: { 'total-max-size': 4 } })),
    logSample: null,
    global: privateGlobal(plane.global),
    defaults: { ...defaults, options: { ...kept(defaults.options), dontlognull: false }, settings: {}, emailAlert: {} },
    extraGlobal: raw.keep(['global'], plane.extraGlobal, (line) => settings.test(line)),
    extraDefaults: raw.keep(['defaults'], plane.extraDefaults, ofProxy),
  };
  return { plane: made, leftOut: raw.leftOut };
}
