import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Staged } from './staged.ts';

/** Web servers of this machine that answer with their own names, and the document that puts them behind a guest's VIP. */
export interface Demo {
  /** The document of `npm start`, its ports changed to these servers'. */
  readonly document: string;
  /** The WEIR volume with that document. */
  readonly volume: Staged;
  /** Where the VIP's port 80 is in the guest's network, for `forward`. */
  readonly vip: '10.0.2.100:80';
  readonly stop: () => void;
}

/** Starts app1 and app2 on free ports. */
export async function startDemo(): Promise<Demo> {
  let document = await readFile(join(import.meta.dirname, '../../image/demo/config.yaml'), 'utf8');
  const servers = await Promise.all(
    ['app1', 'app2'].map(async (name, i) => {
      const server = createServer((request, response) => response.end(`${name} ${request.url}\n`));
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      const address = server.address();
      if (typeof address !== 'object' || !address) throw new Error('no address');
      document = document.replace(`10.0.2.2:${8081 + i}`, `10.0.2.2:${address.port}`);
      return server;
    }),
  );
  return {
    volume: { '/config.yaml': document },
    document,
    vip: '10.0.2.100:80',
    stop: () => {
      for (const server of servers) {
        server.closeAllConnections();
        server.close();
      }
    },
  };
}

/** The answer of one request to a port of this machine; undefined when there is none within two seconds. */
export async function ask(port: number, path = '/'): Promise<string | undefined> {
  try {
    // A connection of its own for each request: they are balanced one by one
    const response = await fetch(`http://127.0.0.1:${port}${path}`, {
      headers: { connection: 'close' },
      signal: AbortSignal.timeout(2000),
    });
    return `${response.status} ${await response.text()}`.trim();
  } catch {
    return undefined;
  }
}

/** The names of the servers that answered through a port: asks until `count` are known, or the time is over. */
export async function answering(port: number, count: number, timeoutMs: number): Promise<readonly string[]> {
  const names = new Set<string>();
  for (const end = Date.now() + timeoutMs; Date.now() < end && names.size < count; ) {
    const name = /^200 (\w+)/.exec((await ask(port)) ?? '')?.[1];
    if (name) names.add(name);
    else await sleep(250);
  }
  return [...names].sort();
}

/**
 * Asks the VIP on and on; `stop` answers with how often it was asked, and with everything that was no answer of a server. A request may take long here,
 * where machines are emulated: it is lost when it is refused, reset, or not answered in 20 seconds.
 */
export function loadOn(port: number, { clients: count = 3, pauseMs = 20 }: { readonly clients?: number; readonly pauseMs?: number } = {}) {
  let [asked, going] = [0, true];
  const lost: string[] = [];
  const status = async () => {
    try {
      const response = await fetch(`http://127.0.0.1:${port}/`, { headers: { connection: 'close' }, signal: AbortSignal.timeout(20_000) });
      await response.text();
      return `${response.status}`;
    } catch (error) {
      return `${error} ${(error as Error).cause ?? ''}`;
    }
  };
  const client = async () => {
    for (; going; await sleep(pauseMs)) {
      asked += 1;
      const answer = await status();
      if (answer !== '200') lost.push(answer);
    }
  };
  const clients = Promise.all(Array.from({ length: count }, client));
  return {
    stop: async () => {
      going = false;
      await clients;
      return { asked, lost };
    },
  };
}
