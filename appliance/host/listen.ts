import { chmod, chown, mkdir, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { dirname } from 'node:path';
import type { Handler, Request, Response, SocketAccess } from './host.ts';
import { groupId } from './owner.ts';

/** See {@link Host.listen}. */
export async function listen(path: string, access: SocketAccess, handler: Handler): Promise<() => Promise<void>> {
  await mkdir(dirname(path), { recursive: true });
  await rm(path, { force: true });
  const server = createServer({ requestTimeout: 60_000, headersTimeout: 10_000, maxHeaderSize: 16_384 }, (incoming, outgoing) => {
    handler(requestOf(incoming), responseOf(outgoing)).catch(() => outgoing.destroy());
  });
  server.maxConnections = 64;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(path, resolve);
  });
  // Until here the socket has the mode of our umask, which lets nobody but root connect.
  await chmod(path, 0o600);
  await chown(path, 0, await groupId(access.group));
  await chmod(path, access.mode);
  return () =>
    new Promise((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
}

function requestOf(incoming: IncomingMessage): Request {
  return {
    method: incoming.method ?? '',
    path: incoming.url ?? '',
    body: async (limit) => {
      const tooLarge = Object.assign(new Error(`the request is longer than ${limit} bytes`), { code: 'TooLarge' });
      const announced = Number(incoming.headers['content-length'] ?? 0);
      if (announced > limit) throw tooLarge;
      // Of the announced size at once: pieces that are put together afterwards would be in memory twice.
      let body = Buffer.allocUnsafe(announced);
      let length = 0;
      for await (const chunk of incoming as AsyncIterable<Buffer>) {
        if (length + chunk.length > limit) throw tooLarge;
        if (length + chunk.length > body.length) body = Buffer.concat([body], 2 * (length + chunk.length));
        length += chunk.copy(body, length);
      }
      return body.subarray(0, length);
    },
  };
}

function responseOf(outgoing: ServerResponse): Response {
  outgoing.on('error', () => {});
  return {
    start: (status, type) => void outgoing.writeHead(status, { 'content-type': type, connection: 'close' }),
    write: (text) => void outgoing.write(text),
    end: () => void outgoing.end(),
  };
}
