import { request as httpRequest } from 'node:http';
import { connect as connectHttp2 } from 'node:http2';
import { connect, type Socket } from 'node:net';
import { connect as connectTls, TLSSocket } from 'node:tls';
import type { Asked, Load, Loaded, Reply, TcpAsked, TcpReply, Visited, Visits } from './haproxy-peer.ts';

/** One HTTP request, by HTTP/2 where TLS agrees on it. */
export function ask({ address, port, path, method = 'GET', headers = {}, from, tls, body, encoding = 'utf8' }: Asked): Promise<Reply> {
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
        response.setEncoding(encoding);
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

/** Writes once, the low byte of each character, and listens. */
export function converse({ address, port, send, later = '', forMs, from }: TcpAsked): Promise<TcpReply> {
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
    if (send !== '') socket.write(send, 'latin1');
    if (later !== '') setTimeout(() => socket.writable && socket.write(later, 'latin1'), 100);
  });
}

function percentile(sorted: readonly number[], part: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? 0;
}

/** New connections at a steady rate whatever the answers take, one request each: a slow proxy gets no rest. */
export function load({ address, port, perSecond, seconds, path, servername }: Load): Promise<Loaded> {
  const took: number[] = [];
  const errors: Record<string, number> = {};
  const shown: Record<string, number> = {};
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
        shown,
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
      const plain = { host: address, port, noDelay: true };
      const socket = servername === undefined ? connect(plain) : connectTls({ ...plain, servername, rejectUnauthorized: false });
      socket.setEncoding('latin1');
      socket.setTimeout(20_000, () => socket.destroy(new Error('no answer within 20 s')));
      socket.on(servername === undefined ? 'connect' : 'secureConnect', () => {
        if (socket instanceof TLSSocket) {
          const fingerprint = socket.getPeerCertificate().fingerprint.replaceAll(':', '');
          shown[fingerprint] = (shown[fingerprint] ?? 0) + 1;
        }
        socket.write(`GET ${path} HTTP/1.1\r\nHost: load.example\r\nConnection: close\r\n\r\n`);
      });
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
export async function visit({ address, port, path, connections, seconds, pauseMs }: Visits): Promise<Visited> {
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
