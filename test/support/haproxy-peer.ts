import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { execa } from 'execa';
import type { World } from './container.ts';

/** What a canned server says, as bytes in latin1: first its greeting, then to each message the answer to what it contains; and when it hangs up. */
export interface Canned {
  readonly greeting?: string;
  readonly answers?: readonly { readonly to: string; readonly say: string; readonly ends?: boolean }[];
  /** Hangs up behind its greeting. */
  readonly ends?: boolean;
}

/** A server: HTTP answers with an `Answered`, TCP greets with its name and echoes, a canned one says what it is told to, a FastCGI one answers with an `FcgiAnswered`, an agent by SPOP judges addresses. */
export interface Origin {
  readonly name: string;
  readonly address: string;
  readonly port: number;
  readonly kind: 'http' | 'tcp' | 'canned' | 'fcgi' | 'spop';
  readonly canned?: Canned;
  readonly tls?: { readonly key: string; readonly cert: string };
}

/**
 * What an HTTP server got to see. `/healthz` answers its health, `/slow/<ms>` waits, `/status/<code>` answers that, `/type/<type>` a long text of that type, `/bytes/<number>` so many, `/cookie/<name>/<value>` sets a
 * cookie; `/only/<server>/…` is so for that server alone, and `/empty` there ends the connection without an answer. An upgrade makes it echo.
 */
export interface Answered {
  readonly server: string;
  readonly method: string;
  readonly url: string;
  /** The address and port that it came from. */
  readonly from: string;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
}

/** One HTTP request on a connection of its own. `from` is the client's address. */
export interface Asked {
  readonly address: string;
  readonly port: number;
  readonly path: string;
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** How the bytes of the answer become its text: UTF-8 unless told. */
  readonly encoding?: 'utf8' | 'latin1';
  readonly from?: string;
  readonly tls?: { readonly servername: string; readonly ALPNProtocols?: readonly string[]; readonly key?: string; readonly cert?: string };
}

/** Its answer; status 0 and an error where there was none. `certificate` is the common name of the one that was shown. */
export interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly body: string;
  readonly ms: number;
  readonly error: string | null;
  readonly certificate: string | null;
}

/** A TCP connection that is written to once, or again (`later`) after 100 ms, and listened to for a time. */
export interface TcpAsked {
  readonly address: string;
  readonly port: number;
  readonly send: string;
  readonly later?: string;
  readonly forMs: number;
  readonly from?: string;
}

/** What came back, and whether the other side ended it before the time was over. */
export interface TcpReply {
  readonly received: string;
  readonly isClosed: boolean;
  readonly error: string | null;
  readonly ms: number;
}

/** New connections at a rate, one request each. */
export interface Load {
  readonly address: string;
  readonly port: number;
  readonly path: string;
  readonly perSecond: number;
  readonly seconds: number;
  /** Over TLS, asking for this name; none: in the clear. */
  readonly servername?: string;
}

/** What became of a load: every request is counted, once. */
export interface Loaded {
  /** How many connections were shown which certificate, by its SHA-1 fingerprint as HAProxy writes it. */
  readonly shown: Readonly<Record<string, number>>;
  readonly ok: number;
  readonly failed: number;
  readonly errors: Readonly<Record<string, number>>;
  readonly perSecond: number;
  readonly p99Ms: number;
  readonly maxMs: number;
}

/** Connections that are kept, with a request after each pause (twice `pauseMs` at most). */
export interface Visits {
  readonly address: string;
  readonly port: number;
  readonly path: string;
  readonly connections: number;
  readonly seconds: number;
  readonly pauseMs: number;
}

/** What became of the visits: requests answered and lost, connections opened. */
export interface Visited {
  readonly ok: number;
  readonly failed: number;
  readonly opened: number;
}

/** A syslog server. */
export interface Collector {
  readonly name: string;
  readonly address: string;
  readonly port: number;
  readonly kind: 'udp' | 'tcp';
}

/** What the process outside is told. */
export type Order =
  | { readonly do: 'up'; readonly origin: Origin }
  | { readonly do: 'down' | 'sick' | 'well' | 'served' | 'heard'; readonly name: string }
  | { readonly do: 'collect'; readonly collector: Collector }
  | { readonly do: 'collected'; readonly name: string; readonly least: number }
  | { readonly do: 'ask'; readonly asked: Asked }
  | { readonly do: 'converse'; readonly asked: TcpAsked }
  | { readonly do: 'load'; readonly load: Load }
  | { readonly do: 'name-server'; readonly address: string }
  | { readonly do: 'name'; readonly name: string; readonly address: string }
  | { readonly do: 'visit'; readonly visits: Visits };

/** A process in a network that is servers and clients. */
export interface Peer {
  readonly up: (origin: Origin) => Promise<void>;
  readonly down: (name: string) => Promise<void>;
  /** A server answers its health check with 503, and well again. */
  readonly sick: (name: string) => Promise<void>;
  readonly well: (name: string) => Promise<void>;
  /** How many requests a server got, its health checks aside. */
  readonly served: (name: string) => Promise<number>;
  /** What a canned server has heard since it was asked last, in latin1; of an agent, lines of JSON that are `Notified`. */
  readonly heard: (name: string) => Promise<string>;
  /** Starts a syslog server, or forgets what one of this name has got. */
  readonly collector: (collector: Collector) => Promise<void>;
  /** What a syslog server got since it was asked last: as soon as at least so many datagrams or pieces are there, or after a second. */
  readonly logged: (name: string, least: number) => Promise<readonly string[]>;
  readonly ask: (asked: Asked) => Promise<Reply>;
  readonly converse: (asked: TcpAsked) => Promise<TcpReply>;
  readonly load: (load: Load) => Promise<Loaded>;
  readonly visit: (visits: Visits) => Promise<Visited>;
  /** Starts a name server, which knows no name yet. */
  readonly nameServer: (address: string) => Promise<void>;
  readonly name: (name: string, address: string) => Promise<void>;
  readonly stop: () => Promise<void>;
}

/** Starts a peer in a world. */
export function startPeer(world: World): Peer {
  const program = [process.execPath, '--import', 'tsx', join(import.meta.dirname, 'haproxy-outside.ts')];
  const child = execa('setpriv', ['--pdeathsig', 'KILL', 'nsenter', '-t', String(world.pid), '-n', '--', ...program], {
    reject: false,
    buffer: false,
    stderr: 'inherit',
  });
  const waiting = new Map<number, (answer: { readonly result?: unknown; readonly error?: string }) => void>();
  createInterface({ input: child.stdout }).on('line', (line) => {
    const { id, ...answer } = JSON.parse(line) as { readonly id: number };
    waiting.get(id)?.(answer);
    waiting.delete(id);
  });
  // A defect outside must fail the test that met it, and those behind it, at once.
  let hasEnded = false;
  void child.then(() => {
    hasEnded = true;
    for (const answer of waiting.values()) answer({ error: 'the process outside has ended' });
  });
  let next = 0;
  const tell = <T>(order: Order): Promise<T> =>
    new Promise((resolve, reject) => {
      if (hasEnded) throw new Error('the process outside has ended');
      const id = next++;
      waiting.set(id, ({ result, error }) => (error === undefined ? resolve(result as T) : reject(new Error(error))));
      child.stdin.write(`${JSON.stringify({ id, order })}\n`);
    });
  return {
    up: (origin) => tell({ do: 'up', origin }),
    down: (name) => tell({ do: 'down', name }),
    sick: (name) => tell({ do: 'sick', name }),
    well: (name) => tell({ do: 'well', name }),
    served: (name) => tell({ do: 'served', name }),
    heard: (name) => tell({ do: 'heard', name }),
    collector: (collector) => tell({ do: 'collect', collector }),
    logged: (name, least) => tell({ do: 'collected', name, least }),
    ask: (asked) => tell({ do: 'ask', asked }),
    converse: (asked) => tell({ do: 'converse', asked }),
    load: (load) => tell({ do: 'load', load }),
    visit: (visits) => tell({ do: 'visit', visits }),
    nameServer: (address) => tell({ do: 'name-server', address }),
    name: (name, address) => tell({ do: 'name', name, address }),
    stop: async () => {
      child.kill('SIGKILL');
      await child;
    },
  };
}
