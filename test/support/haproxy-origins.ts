import { createHash } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { createServer as createHttpServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { createServer, type Server, type Socket } from 'node:net';
import { fcgiServer } from './fcgi-responder.ts';
import type { Answered, Canned, Origin } from './haproxy-peer.ts';
import { spopServer } from './spop-responder.ts';

/** Servers that answer their health check with 503. */
export const sick = new Set<string>();

/** How many requests each server got, its health checks aside. */
export const served = new Map<string, number>();
const heard = new Map<string, string>();
const running = new Map<string, { readonly server: Server; readonly sockets: Set<Socket> }>();

/** The part of a path that is about this server. */
function about(name: string, url: string): string {
  const [, only, rest = ''] = /^\/only\/([^/]+)(.*)$/.exec(url) ?? [];
  return only === undefined ? url : only === name ? rest : '/';
}

function answer(name: string, request: IncomingMessage, response: ServerResponse): void {
  const { url = '/', method = 'GET', headers, socket } = request;
  const end = (status: number, body: string, more: Readonly<Record<string, string>> = {}) =>
    response.writeHead(status, { server: 'origin', 'content-length': Buffer.byteLength(body), ...more }).end(body);
  if (url.startsWith('/healthz')) {
    end(sick.has(name) ? 503 : 200, name);
    return;
  }
  served.set(name, (served.get(name) ?? 0) + 1);
  const path = about(name, url);
  if (path === '/empty') {
    socket.destroy();
    return;
  }
  const [, type] = /^\/type\/([a-z]+\/[a-z]+)/.exec(path) ?? [];
  if (type !== undefined) {
    end(200, 'repeated '.repeat(500), { 'content-type': type });
    return;
  }
  const [, bytes] = /^\/bytes\/(\d+)/.exec(path) ?? [];
  if (bytes !== undefined) {
    end(200, 'x'.repeat(Number(bytes)));
    return;
  }
  const [, slow] = /^\/slow\/(\d+)/.exec(path) ?? [];
  const [, status = '200'] = /^\/status\/(\d+)/.exec(path) ?? [];
  const [, cookie, value] = /^\/cookie\/([^/]+)\/([^/]+)/.exec(path) ?? [];
  const from = `${socket.remoteAddress}:${socket.remotePort}`;
  const body = JSON.stringify({ server: name, method, url, from, headers } satisfies Answered);
  setTimeout(() => end(Number(status), body, cookie === undefined ? {} : { 'set-cookie': `${cookie}=${value}` }), Number(slow ?? 0));
}

/** A protocol in a few fixed messages: enough for a health check. */
function cannedServer(name: string, { greeting, answers = [], ends = false }: Canned): Server {
  return createServer((socket) => {
    socket.on('error', () => socket.destroy());
    const say = (text: string, isLast: boolean) => (isLast ? socket.end(text, 'latin1') : socket.write(text, 'latin1'));
    if (greeting !== undefined) say(greeting, ends);
    socket.on('data', (bytes) => {
      heard.set(name, (heard.get(name) ?? '') + bytes.toString('latin1'));
      const answer = answers.find(({ to }) => bytes.toString('latin1').includes(to));
      if (answer !== undefined) say(answer.say, answer.ends ?? false);
    });
  });
}

function originServer({ name, kind, canned = {}, tls }: Origin): Server {
  if (kind === 'canned') return cannedServer(name, canned);
  if (kind === 'fcgi') return fcgiServer(name);
  if (kind === 'spop') return spopServer((told) => heard.set(name, `${heard.get(name) ?? ''}${JSON.stringify(told)}\n`));
  if (kind === 'tcp') {
    return createServer((socket) => {
      socket.on('error', () => socket.destroy());
      socket.write(`${name}\n`);
      socket.pipe(socket);
    });
  }
  const listener = (request: IncomingMessage, response: ServerResponse) => answer(name, request, response);
  const server = tls === undefined ? createHttpServer({ keepAliveTimeout: 60_000 }, listener) : createHttpsServer(tls, listener);
  server.on('upgrade', (request, socket, head) => {
    socket.on('error', () => socket.destroy());
    // that the server has understood, by a digest of what the client made up (RFC 6455, 1.3)
    const key = `${request.headers['sec-websocket-key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`;
    const accept = createHash('sha1').update(key).digest('base64');
    socket.write(
      `HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
    );
    socket.write(head);
    socket.pipe(socket);
  });
  return server;
}

/** What a canned server has heard since it was asked last, in latin1; of an agent, a line of JSON for each question. */
export function takeHeard(name: string): string {
  const text = heard.get(name) ?? '';
  heard.delete(name);
  return text;
}

/** Starts a server. */
export function up(origin: Origin): Promise<void> {
  const server = originServer(origin);
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  running.set(origin.name, { server, sockets });
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(origin.port, origin.address, resolve);
  });
}

/** Ends a server and its connections. */
export async function down(name: string): Promise<void> {
  const origin = running.get(name);
  if (origin === undefined) throw new Error(`no server ${name} is up`);
  running.delete(name);
  const closed = new Promise((resolve) => origin.server.close(resolve));
  for (const socket of origin.sockets) socket.destroy();
  await closed;
}

/** What the name server knows: addresses by name, or `host:port` of a service, several of them with commas between. */
export const records = new Map<string, string>();

/** A name as DNS writes it (RFC 1035, 3.1). */
function labelsOf(name: string): Buffer {
  return Buffer.concat([...name.split('.').map((label) => Buffer.from([label.length, ...Buffer.from(label)])), Buffer.from([0])]);
}

/** What a record holds, for its type: A is 1 (RFC 1035, 3.4.1), SRV 33 (RFC 2782), all of one priority and weight. */
function recordData(entry: string, type: number): Buffer | null {
  const [host = '', port] = entry.split(':');
  if (type === 1 && port === undefined) return Buffer.from(host.split('.').map(Number));
  if (type !== 33 || port === undefined) return null;
  return Buffer.concat([Buffer.from([0, 1, 0, 1, Number(port) >> 8, Number(port) & 0xff]), labelsOf(host)]);
}

/** The answer to a question for IPv4 addresses or services (RFC 1035, 4.1): the records, or no such name; nothing to other types. */
function resolve(query: Buffer): Buffer {
  const labels: string[] = [];
  let at = 12;
  for (let length = query[at] ?? 0; length > 0; length = query[at] ?? 0) {
    labels.push(query.toString('latin1', at + 1, at + 1 + length));
    at += length + 1;
  }
  const type = query.readUInt16BE(at + 1);
  const known = records.get(labels.join('.').toLowerCase());
  const answers = (known ?? '').split(',').flatMap((entry) => recordData(entry, type) ?? []);
  const header = Buffer.from(query.subarray(0, 12));
  header.writeUInt16BE(known === undefined ? 0x8183 : 0x8180, 2);
  header.writeUInt16BE(1, 4);
  header.writeUInt16BE(known === undefined ? 0 : answers.length, 6);
  header.writeUInt32BE(0, 8);
  const written = answers.map((data) => Buffer.concat([Buffer.from([0xc0, 12, 0, type, 0, 1, 0, 0, 0, 1, 0, data.length]), data]));
  return Buffer.concat([header, query.subarray(12, at + 5), ...(known === undefined ? [] : written)]);
}

/** Starts a name server. */
export function nameServer(address: string): Promise<void> {
  const socket = createSocket('udp4');
  socket.on('message', (query, { port, address: from }) => socket.send(resolve(query), port, from));
  return new Promise((done) => socket.bind(53, address, done));
}
