/**
 * Runs in the network outside: web and TCP servers, and the clients that ask. One JSON object a line on standard input, one answer a line on standard
 * output. Started by haproxy-peer.ts.
 */
import { createSocket } from 'node:dgram';
import { createServer as createHttpServer, request as httpRequest, type IncomingMessage } from 'node:http';
import { connect as connectHttp2 } from 'node:http2';
import { createServer as createHttpsServer } from 'node:https';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { connect as connectTls } from 'node:tls';
import type { Answered, Asked, Load, Loaded, Order, Origin, Reply, TcpAsked, TcpReply, Visited, Visits } from './haproxy-peer.ts';

const sick = new Set<string>();
const running = new Map<string, { readonly server: Server; readonly sockets: Set<Socket> }>();

function answer(name: string, request: IncomingMessage, end: (status: number, body: string) => void): void {
  const { url = '/', method = 'GET', headers } = request;
  if (url.startsWith('/healthz')) {
    end(sick.has(name) ? 503 : 200, name);
    return;
  }
  const [, slow] = /^\/slow\/(\d+)/.exec(url) ?? [];
  const [, status = '200'] = /^\/status\/(\d+)/.exec(url) ?? [];
  const body = JSON.stringify({ server: name, method, url, headers } satisfies Answered);
  setTimeout(() => end(Number(status), body), Number(slow ?? 0));
}

function originServer({ name, kind, tls }: Origin): Server {
  if (kind === 'tcp') {
    return createServer((socket) => {
      socket.on('error', () => socket.destroy());
      socket.write(`${name}\n`);
      socket.pipe(socket);
    });
  }
  const listener: Parameters<typeof createHttpServer>[1] = (request, response) =>
    answer(name, request, (status, body) =>
      response.writeHead(status, { server: 'origin', 'content-length': Buffer.byteLength(body) }).end(body),
    );
  return tls === undefined ? createHttpServer({ keepAliveTimeout: 60_000 }, listener) : createHttpsServer(tls, listener);
}

function up(origin: Origin): Promise<void> {
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

async function down(name: string): Promise<void> {
  const origin = running.get(name);
  if (origin === undefined) throw new Error(`no server ${name} is up`);
  running.delete(name);
  const closed = new Promise((resolve) => origin.server.close(resolve));
  for (const socket of origin.sockets) socket.destroy();
  await closed;
}

function ask({ address, port, path, method = 'GET', headers = {}, from, tls, body }: Asked): Promise<Reply> {
  const began = performance.now();
  return new Promise((resolve) => {
    const fail = (error: Error) =>
      resolve({ status: 0, headers: {}, body: '', ms: performance.now() - began, error: error.message, certificate: null });
    const local = from === undefined ? {} : { localAddress: from };
    const socket =
      tls === undefined
        ? connect({ host: address, port, ...local })
        : connectTls({ host: address, port, ...local, rejectUnauthorized: false, ...tls });
    socket.on('error', fail);
    const certificate = () => ('getPeerCertificate' in socket ? String(socket.getPeerCertificate().subject?.CN ?? '') : null);
    const reply = (status: number, got: Reply['headers'], text: string) => {
      resolve({ status, headers: got, body: text, ms: performance.now() - began, error: null, certificate: certificate() });
      socket.destroy();
    };
    socket.once(tls === undefined ? 'connect' : 'secureConnect', () => {
      if ('alpnProtocol' in socket && socket.alpnProtocol === 'h2') {
        const session = connectHttp2(`https://${headers.host ?? address}`, { createConnection: () => socket });
        session.on('error', fail);
        const stream = session.request({ ':path': path, ':method': method, ...headers });
        let status = 0;
        let text = '';
        stream.setEncoding('utf8');
        stream.on('response', (got) => {
          status = Number(got[':status']);
        });
        stream.on('data', (chunk: string) => {
          text += chunk;
        });
        stream.on('end', () => reply(status, { 'x-protocol': 'h2' }, text));
        stream.on('error', fail);
        return;
      }
      const request = httpRequest({
        createConnection: () => socket,
        path,
        method,
        headers: { connection: 'close', ...headers },
        setHost: headers.host === undefined,
      });
      request.on('error', fail);
      request.on('response', (response) => {
        let text = '';
        response.setEncoding('utf8');
        response.on('data', (chunk: string) => {
          text += chunk;
        });
        response.on('end', () => reply(response.statusCode ?? 0, response.headers, text));
        response.on('error', fail);
      });
      request.end(body);
    });
  });
}

function converse({ address, port, send, forMs, from }: TcpAsked): Promise<TcpReply> {
  const began = performance.now();
  return new Promise((resolve) => {
    let received = '';
    const socket = connect({ host: address, port, ...(from === undefined ? {} : { localAddress: from }) });
    const done = (isClosed: boolean, error: string | null) => {
      clearTimeout(timer);
      socket.destroy();
      resolve({ received, isClosed, error, ms: performance.now() - began });
    };
    const timer = setTimeout(() => done(false, null), forMs);
    socket.setEncoding('utf8');
    socket.on('data', (chunk: string) => {
      received += chunk;
    });
    socket.on('end', () => done(true, null));
    socket.on('error', (error: Error) => done(true, error.message));
    if (send !== '') socket.write(send);
  });
}

function percentile(sorted: readonly number[], part: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? 0;
}

/** New connections at a steady rate whatever the answers take, one request each: a slow proxy gets no rest. */
function load({ address, port, perSecond, seconds, path }: Load): Promise<Loaded> {
  const took: number[] = [];
  const errors: Record<string, number> = {};
  const total = perSecond * seconds;
  const began = performance.now();
  let sent = 0;
  let done = 0;
  return new Promise((resolve) => {
    const finish = () => {
      if (++done < total) return;
      took.sort((a, b) => a - b);
      const elapsed = (performance.now() - began) / 1000;
      resolve({
        ok: took.length,
        failed: total - took.length,
        errors,
        perSecond: total / elapsed,
        p99Ms: percentile(took, 0.99),
        maxMs: took.at(-1) ?? 0,
      });
    };
    const fail = (why: string) => {
      errors[why] = (errors[why] ?? 0) + 1;
      finish();
    };
    const one = () => {
      const start = performance.now();
      let text = '';
      const socket = connect({ host: address, port, noDelay: true });
      socket.setEncoding('latin1');
      socket.setTimeout(20_000, () => socket.destroy(new Error('no answer within 20 s')));
      socket.on('connect', () => socket.write(`GET ${path} HTTP/1.1\r\nHost: load.example\r\nConnection: close\r\n\r\n`));
      socket.on('data', (chunk: string) => {
        text += chunk;
      });
      socket.on('error', (error: NodeJS.ErrnoException) => {
        text = '';
        fail(error.code ?? error.message);
      });
      socket.on('end', () => {
        if (!/^HTTP\/1\.1 200 /.test(text)) return fail(text === '' ? 'closed without an answer' : text.slice(0, 30));
        took.push(performance.now() - start);
        finish();
      });
    };
    const timer = setInterval(() => {
      const due = Math.min(total, Math.floor(((performance.now() - began) / 1000) * perSecond));
      for (; sent < due; sent++) one();
      if (sent >= total) clearInterval(timer);
    }, 2);
  });
}

/**
 * Clients that keep their connections and ask now and then: a request is lost when its connection ends without an answer. A connection that ends between
 * requests, or that the answer said would end, is opened anew.
 */
async function visit({ address, port, path, connections, seconds, pauseMs }: Visits): Promise<Visited> {
  const until = performance.now() + seconds * 1000;
  const visited = { ok: 0, failed: 0, opened: 0 };
  const one = async () => {
    let socket: Socket | null = null;
    while (performance.now() < until) {
      if (socket === null || socket.destroyed) {
        socket = connect({ host: address, port, noDelay: true });
        visited.opened++;
      }
      const current: Socket = socket;
      current.removeAllListeners();
      const outcome = await new Promise<'kept' | 'closing' | 'lost'>((resolve) => {
        let text = '';
        current.on('data', (chunk) => {
          text += chunk.toString('latin1');
          const [head, body] = text.split('\r\n\r\n', 2);
          const [, length] = /content-length: (\d+)/i.exec(head ?? '') ?? [];
          if (body === undefined || length === undefined || body.length < Number(length)) return;
          resolve(!head?.startsWith('HTTP/1.1 200') ? 'lost' : /connection: close/i.test(head) ? 'closing' : 'kept');
        });
        current.on('error', () => resolve('lost'));
        current.on('close', () => resolve('lost'));
        current.write(`GET ${path} HTTP/1.1\r\nHost: visit.example\r\n\r\n`);
      });
      visited[outcome === 'lost' ? 'failed' : 'ok']++;
      if (outcome !== 'kept') current.destroy();
      current.removeAllListeners();
      current.on('error', () => current.destroy());
      current.on('end', () => current.destroy());
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 2 * pauseMs));
    }
    socket?.destroy();
  };
  await Promise.all(Array.from({ length: connections }, one));
  return visited;
}

const records = new Map<string, string>();

/** The answer to a question for an IPv4 address (RFC 1035, 4.1): the record, or no such name; nothing to other types. */
function resolve(query: Buffer): Buffer {
  const labels: string[] = [];
  let at = 12;
  for (let length = query[at] ?? 0; length > 0; length = query[at] ?? 0) {
    labels.push(query.toString('latin1', at + 1, at + 1 + length));
    at += length + 1;
  }
  const isForAddress = query.readUInt16BE(at + 1) === 1;
  const address = records.get(labels.join('.').toLowerCase());
  const header = Buffer.from(query.subarray(0, 12));
  header.writeUInt16BE(address === undefined ? 0x8183 : 0x8180, 2);
  header.writeUInt16BE(1, 4);
  header.writeUInt16BE(address !== undefined && isForAddress ? 1 : 0, 6);
  header.writeUInt32BE(0, 8);
  const question = query.subarray(12, at + 5);
  if (address === undefined || !isForAddress) return Buffer.concat([header, question]);
  const answer = Buffer.from([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 1, 0, 4, ...address.split('.').map(Number)]);
  return Buffer.concat([header, question, answer]);
}

/** A name server. */
function nameServer(address: string): Promise<void> {
  const socket = createSocket('udp4');
  socket.on('message', (query, { port, address: from }) => socket.send(resolve(query), port, from));
  return new Promise((done) => socket.bind(53, address, done));
}

async function obey(order: Order): Promise<unknown> {
  switch (order.do) {
    case 'up':
      return await up(order.origin);
    case 'down':
      return await down(order.name);
    case 'sick':
      return void sick.add(order.name);
    case 'well':
      return void sick.delete(order.name);
    case 'ask':
      return await ask(order.asked);
    case 'converse':
      return await converse(order.asked);
    case 'load':
      return await load(order.load);
    case 'name-server':
      return await nameServer(order.address);
    case 'name':
      return void records.set(order.name, order.address);
    case 'visit':
      return await visit(order.visits);
  }
}

createInterface({ input: process.stdin }).on('line', (line) => {
  const { id, order } = JSON.parse(line) as { readonly id: number; readonly order: Order };
  obey(order).then(
    (result) => console.log(JSON.stringify({ id, result: result ?? null })),
    (error: Error) => console.log(JSON.stringify({ id, error: error.message })),
  );
});
