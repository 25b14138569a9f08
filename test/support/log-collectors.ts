import { createSocket } from 'node:dgram';
import { createServer, type Socket } from 'node:net';
import type { Collector } from './haproxy-peer.ts';

/** What came to each collector since it was asked last. */
const received = new Map<string, string[]>();
const running = new Map<string, () => void>();

/** Starts a syslog server, or forgets what one that runs has got. */
export async function collect({ name, address, port, kind }: Collector): Promise<void> {
  const lines: string[] = [];
  received.set(name, lines);
  if (running.has(name)) return;
  const take = (text: string) => void received.get(name)?.push(text);
  await new Promise<void>((resolve, reject) => {
    if (kind === 'udp') {
      const socket = createSocket('udp4').once('error', reject);
      socket.on('message', (message) => take(message.toString('latin1').trimEnd()));
      socket.bind(port, address, resolve);
      running.set(name, () => socket.close());
      return;
    }
    const sockets = new Set<Socket>();
    const server = createServer((socket) => {
      sockets.add(socket);
      socket.on('data', (data) => take(data.toString('latin1')));
      socket.on('error', () => socket.destroy());
    });
    server.once('error', reject).listen(port, address, resolve);
    running.set(name, () => {
      for (const socket of sockets) socket.destroy();
      server.close();
    });
  });
}

/** Ends a collector; whether there was one of this name. */
export function endCollector(name: string): boolean {
  running.get(name)?.();
  return running.delete(name);
}

/** What came since the last time, when at least so many pieces are there, or a second is over. */
export async function collected(name: string, least: number): Promise<readonly string[]> {
  const lines = received.get(name) ?? [];
  for (const limit = performance.now() + 1000; lines.length < least && performance.now() < limit; )
    await new Promise((resolve) => setTimeout(resolve, 10));
  return lines.splice(0);
}
