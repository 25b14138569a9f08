import { setTimeout as sleep } from 'node:timers/promises';
import type { Daemon } from '../../support/daemon.ts';
import type { Staged } from '../../support/staged.ts';
import type { Ground, Lab, Site } from './lab.ts';
import { startProgram } from './program.ts';
import { type Sink, startSink } from './sink.ts';

/** The ports of every contender and of the origin: clear, TLS with an ECDSA key, TLS with an RSA key. */
export const ports = { clear: 80, ecdsa: 443, rsa: 444 } as const;

/** A proxy and its configuration, before it runs. */
export interface Configuration {
  readonly name: string;
  readonly argv: readonly string[];
  readonly files: Staged;
  /** What was written for it, as it is printed. */
  readonly text: string;
}

/** What is measured: a proxy that runs, or the origin itself. */
export interface Contender {
  readonly name: string;
  readonly address: string;
  /** Null for the direct connection, which has no proxy. */
  readonly proxy: { readonly site: Site; readonly sink: Sink; readonly output: () => string } | null;
  readonly stop: () => Promise<void>;
}

const haproxy = ['haproxy', '-W', '-db', '-f'];

/** HAProxy with a configuration at a path. */
export function haproxyConfiguration(name: string, path: string, config: string, files: Staged): Configuration {
  return { name, argv: [...haproxy, path], files: { ...files, [path]: { content: config, mode: 0o600 } }, text: config };
}

/**
 * Starts a proxy in a new network, and waits until it has answered. Several instances share its ports (SO_REUSEPORT), for more connections than one
 * process may have files. `ground`: what it stands on, where that is measured.
 */
export async function startContender(lab: Lab, { name, argv, files }: Configuration, instances = 1, ground?: Ground): Promise<Contender> {
  const site = await lab.site(name, ground);
  const programs: Daemon[] = [];
  let sink: Sink | null = null;
  const stop = async () => {
    for (const program of programs.splice(0)) await program.stop();
    await sink?.stop();
    await site.stop();
  };
  const output = () => programs.map((program) => program.output()).join('');
  try {
    sink = await startSink(lab, site.place.shared);
    for (let instance = 0; instance < instances; instance++) programs.push(await startProgram(site.place, argv, files));
    for (const limit = performance.now() + 20_000; ; await sleep(50)) {
      const { stdout } = await lab.clients.world.run([
        'curl',
        '-s',
        '-o',
        '/dev/null',
        '-w',
        '%{http_code}',
        `http://${site.address}:${ports.clear}/1k`,
      ]);
      if (stdout === '200') break;
      if (programs.some((program) => program.hasEnded()) || performance.now() > limit)
        throw new Error(`${name} does not serve: ${output()}`);
    }
    return { name, address: site.address, proxy: { site, sink, output }, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** The origin, asked without a proxy. */
export function directly(address: string): Contender {
  return { name: 'direct', address, proxy: null, stop: async () => undefined };
}
