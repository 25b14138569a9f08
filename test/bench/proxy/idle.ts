import { setTimeout as sleep } from 'node:timers/promises';
import type { Daemon } from '../../support/daemon.ts';
import type { Memory } from './account.ts';
import { type Configuration, ports, startContender } from './contender.ts';
import type { Lab } from './lab.ts';
import { startProgram } from './program.ts';

/** Connections that have had one answer and now are silent. */
export interface Idle {
  readonly what: string;
  readonly port: keyof typeof ports;
  readonly isH2: boolean;
}

/** How many there are, in two processes: one may have 20,000 files on small machines, and HAProxy counts two for each connection. */
export const idleConnections = 10_000;
const instances = 2;

/** How long clients may be silent while this is measured, for everyone. */
export const idleTimeout = '300s';

/** The rows of idle connections. */
export const idleRows = {
  'idle-clear': { what: `${idleConnections.toLocaleString('en')} idle connections, clear`, port: 'clear', isH2: false },
  'idle-tls': { what: `${idleConnections.toLocaleString('en')} idle connections, TLS`, port: 'ecdsa', isH2: false },
  'idle-h2': { what: `${idleConnections.toLocaleString('en')} idle connections, HTTP/2 over TLS`, port: 'ecdsa', isH2: true },
} as const satisfies Readonly<Record<string, Idle>>;

/** So many come at a time, and the next when these have been let in: more would wait for their handshake longer than HAProxy lets them. */
const batch = 500;

/** Clients by h2load(1), which ask once, and would ask again after minutes. */
function clients({ port, isH2 }: Idle, address: string): readonly string[] {
  const url = `${port === 'clear' ? 'http' : 'https'}://${address}:${ports[port]}/1k`;
  const numbers = ['-t1', `-c${batch}`, `-n${2 * batch}`, '--rps=0.004'];
  return ['h2load', ...numbers, ...(isH2 ? ['--alpn-list=h2'] : ['--h1']), '--groups=X25519', url];
}

/** Bytes a connection that a proxy and the kernel on its behalf take for idle connections, in a proxy that was started for it. */
export async function measureIdle(lab: Lab, configuration: Configuration, idle: Idle): Promise<Memory> {
  const contender = await startContender(lab, configuration, instances);
  try {
    const { proxy, address } = contender;
    if (proxy === null) throw new Error('idle connections are measured at a proxy');
    const { world } = proxy.site.place;
    const filter = `( sport = :${ports[idle.port]} )`;
    const established = async () => {
      const { stdout } = await world.run(['ss', '-Htn', 'state', 'established', filter]);
      return stdout.split('\n').length - 1;
    };
    // the kernel lets in who has not shaken hands yet, so a log line says that a client has come
    const lines = await proxy.sink.lines();
    const answered = async () => (await proxy.sink.lines()) - lines;
    const before = proxy.site.account.memory();
    const programs: Daemon[] = [];
    try {
      for (let wanted = batch; wanted <= idleConnections; wanted += batch) {
        const program = await startProgram(lab.clients, clients(idle, address));
        programs.push(program);
        const limit = performance.now() + 60_000;
        for (let count = await answered(); count < wanted; count = await answered()) {
          if (performance.now() > limit || program.hasEnded())
            throw new Error(`${configuration.name}: ${count} of ${wanted} connections were answered: ${program.output().slice(-500)}`);
          await sleep(50);
        }
      }
      // until their buffers have gone
      await sleep(2000);
      const after = proxy.site.account.memory();
      if ((await established()) < idleConnections) throw new Error(`${configuration.name} closed idle connections`);
      const each = (part: keyof Memory) => (after[part] - before[part]) / idleConnections;
      return { all: each('all'), kernel: each('kernel') };
    } finally {
      await Promise.all(programs.map((program) => program.stop()));
    }
  } finally {
    await contender.stop();
  }
}
