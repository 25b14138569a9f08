import { type Problem, quote } from '../problem.ts';
import { parseEndpoint } from '../schema/address.ts';
import { HTTP_OPTIONS } from '../schema/backend-option.ts';
import { backendModes } from '../translate.ts';
import { type At, type Context, firsts, problem, warning } from './context.ts';
import { checkLoops } from './loops.ts';
import { checkPersistence } from './persistence.ts';
import { checkProxyOptions } from './proxy-options.ts';
import { checkServerLines } from './server-lines.ts';
import { checkSources } from './sources.ts';
import { checkTracks } from './tracks.ts';

type Backend = Context['document']['backends'][string];
type Options = Backend['default-server'];

/** Checks backends: their settings go with their mode, they have servers, and no two are the same. */
export function checkBackends(context: Context): readonly Problem[] {
  const { backends, 'stick-tables': tables } = context.document;
  const modes = backendModes(context.document);
  return [
    ...Object.keys(tables).flatMap((name) =>
      Object.hasOwn(backends, name)
        ? [
            {
              ...problem(
                ['stick-tables', name],
                `a backend has the name ${quote(name)} too`,
                'HAProxy knows tables and backends by one name: choose another',
              ),
              on: 'key' as const,
            },
          ]
        : [],
    ),
    ...Object.entries(backends).flatMap(([name, backend]) => checkBackend(name, backend, modes.get(name) ?? 'http')),
    ...checkTracks(context),
    ...checkSources(context),
    ...checkLoops(context),
  ];
}

function checkBackend(name: string, backend: Backend, mode: 'http' | 'tcp'): readonly Problem[] {
  const at = ['backends', name];
  const { servers } = backend;
  const places = firsts<string>();
  const problems: Problem[] = [];
  const templates = Object.entries(backend['server-template']);
  const answers = backend[mode === 'http' ? 'http-request' : 'tcp-request content'];
  if (Object.keys(servers).length === 0 && templates.length === 0 && answers.length === 0 && backend.extra.length === 0) {
    problems.push(problem(at, `backend ${quote(name)} has no servers`, 'write servers: { app1: 10.0.0.1:8080 }'));
  }
  if (mode === 'tcp') problems.push(...checkTcp(backend, at));
  problems.push(...checkOptions(backend['default-server'], [...at, 'default-server'], mode));
  for (const [template, input] of templates) problems.push(...checkOptions(input, [...at, 'server-template', template], mode));
  problems.push(...checkNamesInTls(backend, at));
  problems.push(...checkPersistence(name, backend, mode));
  problems.push(...checkServerLines(backend, at));
  problems.push(...checkFastOpen(backend, at));
  problems.push(...checkProxyOptions(backend, at));
  for (const [server, input] of Object.entries(servers)) {
    const place = [...at, 'servers', server];
    const address = typeof input === 'string' ? input : input.address;
    const from = typeof input === 'string' ? undefined : input.source;
    const first = places(`${address.toLowerCase()} ${JSON.stringify(from)}`, server);
    if (first !== null) problems.push(warning(place, `server ${quote(first)} has the address ${address} too`, 'is one of them mistyped?'));
    if (typeof input !== 'string') problems.push(...checkOptions(input, place, mode));
  }
  return problems;
}

function checkTcp(backend: Backend, at: At): readonly Problem[] {
  const { balance } = backend;
  const http = (['http-request', 'http-response', 'http-after-response'] as const).filter((ruleset) => backend[ruleset].length > 0);
  const hashed = typeof balance === 'object' ? (['uri', 'url_param', 'hdr'] as const).filter((key) => balance[key] !== undefined) : [];
  return [
    ...http.map((ruleset) => needsHttp([...at, ruleset], `${ruleset} rules need`)),
    ...(['compression', 'maintenance'] as const).flatMap((key) =>
      backend[key] === undefined ? [] : [needsHttp([...at, key], `${key} needs`)],
    ),
    ...(Object.keys(backend['http-error']).length === 0 ? [] : [needsHttp([...at, 'http-error'], 'http-error needs')]),
    ...(backend.errorfiles.length === 0 ? [] : [needsHttp([...at, 'errorfiles'], 'errorfiles need')]),
    ...(backend.cookie === undefined ? [] : [needsHttp([...at, 'cookie'], 'a cookie needs')]),
    ...(backend['http-reuse'] === 'safe' ? [] : [needsHttp([...at, 'http-reuse'], 'http-reuse needs')]),
    ...(backend['retry-on'] === undefined ? [] : [needsHttp([...at, 'retry-on'], 'retry-on needs')]),
    ...HTTP_OPTIONS.filter((option) => backend.option[option] === true).map((option) =>
      needsHttp([...at, 'option', option], `the option ${option} needs`),
    ),
    ...hashed.map((key) => needsHttp([...at, 'balance', key], `balance by ${key} needs`)),
  ];
}

function needsHttp(at: At, what: string): Problem {
  return {
    ...problem(at, `${what} the mode http`, 'this backend passes on TCP: its mode is that of the frontends which use it'),
    on: 'key',
  };
}

function checkOptions(options: Options, at: At, mode: 'http' | 'tcp'): readonly Problem[] {
  const { ssl, observe, tfo, proto, minconn, maxconn } = options;
  return [
    ...(proto !== undefined && mode === 'tcp' ? [needsHttp([...at, 'proto'], 'proto needs')] : []),
    ...(tfo === true && mode === 'tcp' ? [needsHttp([...at, 'tfo'], 'tfo needs')] : []),
    ...(minconn !== undefined && maxconn !== undefined && minconn > maxconn
      ? [problem([...at, 'minconn'], `minconn ${minconn} is more than maxconn ${maxconn}`)]
      : []),
    ...(observe === 'layer7' && mode === 'tcp'
      ? [problem([...at, 'observe'], 'observe: layer7 needs the mode http', 'write observe: layer4')]
      : []),
    ...(typeof ssl === 'object' && ssl.verify === 'none'
      ? [
          warning(
            [...at, 'ssl', 'verify'],
            'the certificates of these servers are not verified',
            'anyone between can read along: name their CA in ca-file',
          ),
        ]
      : []),
  ];
}

/** A server with an address has no name that TLS could look for: then the certificate of anybody whom a public CA knows would do. */
function checkNamesInTls({ servers, 'default-server': shared }: Backend, at: At): readonly Problem[] {
  const isBlind = (ssl: Options['ssl']) =>
    ssl === true || (typeof ssl === 'object' && ssl.verify === 'required' && ssl['ca-file'] === undefined && ssl.sni === undefined);
  const places = Object.entries(servers).flatMap(([name, input]) => {
    const { address, ssl } = typeof input === 'string' ? { address: input, ssl: undefined } : input;
    if (!isBlind(ssl ?? shared.ssl)) return [];
    const endpoint = parseEndpoint(address);
    if (typeof endpoint === 'string' || endpoint.address === null) return [];
    return [[...at, ...(ssl === undefined ? ['default-server', 'ssl'] : ['servers', name, 'ssl'])]];
  });
  const once = new Map(places.map((place) => [place.join(' '), place]));
  return [...once.values()].map((place) =>
    warning(
      place,
      'every certificate of a public CA is accepted, whatever its name',
      'write ssl: { sni: str(app.internal) }, or name the CA of these servers in ca-file',
    ),
  );
}

/** What HAProxy asks for where the first packet to a server has data: that may be lost with it. */
const FAST_OPEN_RETRIES = ['conn-failure', 'empty-response', 'response-timeout'] as const;

function checkFastOpen(
  { servers, 'server-template': templates, 'default-server': shared, 'retry-on': retryOn }: Backend,
  at: At,
): readonly Problem[] {
  const isFast = [shared, ...Object.values(templates), ...Object.values(servers)].some((input) => typeof input === 'object' && input.tfo);
  if (!isFast || retryOn === undefined) return [];
  const missing = FAST_OPEN_RETRIES.filter((word) => !([retryOn].flat() as readonly unknown[]).includes(word));
  if (missing.length === 0 || [retryOn].flat().includes('all-retryable-errors')) return [];
  return [
    problem(
      [...at, 'retry-on'],
      `with tfo, retry-on needs ${missing.join(', ')} too`,
      'what is in a first packet that is lost must be sent again',
    ),
  ];
}
