import { isIP } from 'node:net';

/** What a command line asks: `GET https://shop.example/api`, who asks it, at which address, with which headers. Nothing of it is checked. */
export interface Asked {
  readonly request: string;
  /** The client's address; null: one that nobody has. */
  readonly source: string | null;
  /** The address or UNIX socket that it connects to; null: what the request says. */
  readonly to: string | null;
  /** `Name: value`. */
  readonly headers: readonly string[];
}

/** Where a connection goes, as the request says it; `host` is a name in small letters, or an address. */
interface Target {
  readonly host: string;
  readonly port: number;
  readonly source: string | null;
  readonly to: string | null;
}

/** A request of HTTP. `path` is what stands in the request line, headers are in their order and begin with that of the host. */
export interface HttpQuestion extends Target {
  readonly kind: 'http';
  readonly isTls: boolean;
  readonly method: string;
  readonly path: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
}

/** A connection on which nothing is said. */
export interface TcpQuestion extends Target {
  readonly kind: 'tcp';
}

/** A question that can be put to HAProxy. */
export type Question = HttpQuestion | TcpQuestion;

/** What is wrong with a question, and what to do. */
export interface Objection {
  readonly message: string;
  readonly hint: string;
}

/** Most characters of a request's head: HAProxy's buffer has 16,384 bytes, of which 1,024 are kept free (configuration manual, 3.2 "tune.bufsize"). */
const longestHead = 15_000;

/** Most headers, so that those that rules add have room below HAProxy's 101 (the same, "tune.http.maxhdr"). */
const mostHeaders = 64;

/** A word of HTTP (RFC 9110, 5.6.2). */
const token = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
/** What a request line may have behind its method (RFC 3986, with what browsers leave as it is). */
const visible = /^[\x21-\x7e]*$/;
const hostName = /^(?!-)[A-Za-z0-9_.-]{1,253}$/;

const shown = (text: string): string => JSON.stringify(text.length > 60 ? `${text.slice(0, 57)}...` : text);

/** A name in small letters, an address without brackets; null: neither. */
function hostOf(text: string): string | null {
  if (text.startsWith('[')) return text.endsWith(']') && isIP(text.slice(1, -1)) === 6 ? text.slice(1, -1).toLowerCase() : null;
  return hostName.test(text) ? text.toLowerCase() : null;
}

const usualPorts: Readonly<Record<string, number>> = { http: 80, https: 443 };
const written = 'write GET https://shop.example/path, or tcp://192.0.2.10:5432';

/** Reads a question; else everything that is wrong with it. */
export function parseQuestion({ request, source, to, headers }: Asked): Question | { readonly objections: readonly Objection[] } {
  const objections: Objection[] = [];
  const object = (message: string, hint: string) => void objections.push({ message, hint });
  if (source !== null && isIP(source) === 0) object(`the source ${shown(source)} is not an address`, 'write --source 198.51.100.7');
  if (to !== null && isIP(to) === 0 && !/^(?:\/|abns@)[\x21-\x7e]+$/.test(to))
    object(
      `${shown(to)} is neither an address nor a UNIX socket`,
      'write --to 203.0.113.10 or --to /run/app.sock; the port stands in the request',
    );

  const [, method = 'GET', scheme = '', authority = '', rest = ''] =
    /^(?:(\S+) )?([a-z]+):\/\/([^/?#\s]*)(.*)$/s.exec(request.length > longestHead ? '' : request) ?? [];
  const [, host = '', said] = /^(\[[^\]]*\]|[^:]*)(?::(\d{1,5}))?$/.exec(authority) ?? [];
  const port = said === undefined ? usualPorts[scheme] : Number(said);
  const named = hostOf(host);
  if (request.length > longestHead) object(`the request is longer than ${longestHead} characters`, "HAProxy's buffer would not hold it");
  else if (scheme === '') object(`${shown(request)} is not a request`, written);
  else if (scheme !== 'http' && scheme !== 'https' && scheme !== 'tcp')
    object(`requests of ${shown(scheme)} cannot be asked`, 'http, https and tcp can');
  else if (authority.includes('@')) object('a name and password stand in the URL', "write --header 'Authorization: Basic …'");
  else if (named === null)
    object(`${shown(authority)} has no host`, 'a name of letters, digits and - (others as punycode), or an address; IPv6 in []');
  else if (port === undefined) object('the port is missing', 'write tcp://192.0.2.10:5432');
  else if (port < 1 || port > 65535) object(`the port ${port} is not within 1 and 65535`, written);
  else if (scheme === 'tcp') {
    if (rest !== '' || request.startsWith(`${method} `)) object('a connection has neither method nor path', 'write tcp://192.0.2.10:5432');
    if (headers.length > 0) object('a connection has no headers', 'leave out --header');
  } else {
    if (!token.test(method)) object(`${shown(method)} is not a method`, 'such as GET or POST');
    if (method.toUpperCase() === 'CONNECT') object('CONNECT asks for a tunnel, not for a path', 'write tcp://host:port');
    if (rest.includes('#')) object('what stands behind # stays in the browser', 'leave it out');
    else if (!visible.test(rest))
      object(`the path ${shown(rest)} has characters that no request line has`, 'write them percent-encoded: %20 is a space');
  }

  const pairs = headers.flatMap((header): readonly (readonly [string, string])[] => {
    const [, name = '', value = ''] = /^([^:]*):[ \t]*(.*?)[ \t]*$/s.exec(header) ?? [];
    if (!token.test(name)) object(`${shown(header)} is not a header`, "write --header 'Name: value'");
    else if (!/^[\t\x20-\x7e\x80-\xff]*$/.test(value))
      object(
        `the value of the header ${shown(name)} has characters that no header has`,
        'line breaks and other control characters are none of it',
      );
    else if (/^(?:content-length|transfer-encoding)$/i.test(name))
      object(`the header ${shown(name)} announces a body`, 'what is asked has none');
    return [[name, value]];
  });
  if (headers.length > mostHeaders) object(`there are ${headers.length} headers`, `at most ${mostHeaders} can be asked with`);
  if (headers.reduce((sum, header) => sum + header.length, request.length) > longestHead && request.length <= longestHead)
    object(`the request and its headers are longer than ${longestHead} characters`, "HAProxy's buffer would not hold them");
  if (objections.length > 0 || named === null || port === undefined) return { objections };

  const target = { host: named, port, source, to };
  if (scheme === 'tcp') return { kind: 'tcp', ...target };
  const hasHost = pairs.some(([name]) => name.toLowerCase() === 'host');
  const own = `${host.toLowerCase()}${port === usualPorts[scheme] ? '' : `:${port}`}`;
  return {
    kind: 'http',
    ...target,
    isTls: scheme === 'https',
    method,
    path: rest.startsWith('/') ? rest : `/${rest}`,
    headers: [...(hasHost ? [] : [['Host', own] as const]), ...pairs],
  };
}

/** The bytes of a request, a character each (latin1). It asks for the connection to be closed, unless it says itself what shall become of it. */
export function requestText({ method, path, headers }: HttpQuestion): string {
  const has = (called: string) => headers.some(([name]) => name.toLowerCase() === called);
  const all = [
    ...headers,
    ...(has('connection') ? [] : [['Connection', 'close'] as const]),
    ...(/^(?:POST|PUT|PATCH)$/.test(method) ? [['Content-Length', '0'] as const] : []),
  ];
  return `${method} ${path} HTTP/1.1\r\n${all.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`;
}
