import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Staged } from '../../support/staged.ts';
import { ports } from './contender.ts';
import { type H2load, h2loadArguments, parseH2load, parsePercentiles } from './h2load.ts';
import type { Lab } from './lab.ts';
import { runProgram } from './program.ts';
import { parseTlsTime, type TlsTime, tlsTimeArguments } from './tls-time.ts';
import { parseWrk, type Wrk, wrkArguments } from './wrk.ts';

/** What a client asks of a contender, and with which generator. */
export type Load = { readonly port: keyof typeof ports; readonly path: keyof typeof sizes } & (Wrk | H2load | TlsTime);

/** What the origin answers to each path, in bytes of body. */
export const sizes = { '/1k': 1024, '/100k': 100 * 1024, '/10m': 10 * 1024 * 1024 } as const;

/** Response times in milliseconds: the median, and what one in a hundred and one in a thousand exceed. */
export interface Percentiles {
  readonly p50: number;
  readonly p99: number;
  readonly p999: number;
}

/** What came back: answered requests, and what was no answer, of every kind that the generator tells. */
export interface Loaded {
  readonly requests: number;
  readonly seconds: number;
  readonly errors: number;
  readonly percentiles: Percentiles | null;
}

/** Everyone is asked for the same TLS: version 1.3, one suite, one group; the certificate's kind is the port's. */
const tls = `openssl_conf = all
[all]
ssl_conf = ssl
[ssl]
system_default = bench
[bench]
MinProtocol = TLSv1.3
Ciphersuites = TLS_AES_128_GCM_SHA256
Groups = X25519
`;

/** Asks a contender for some seconds, from the clients' network. Throws when the generator itself fails. */
export async function runLoad({ clients, otherCpus }: Lab, load: Load, address: string, seconds: number): Promise<Loaded> {
  const url = `${load.port === 'clear' ? 'http' : 'https'}://${address}:${ports[load.port]}${load.path}`;
  const threads = otherCpus.length;
  const files: Staged = { '/etc/ssl/bench.cnf': tls };
  const run = async (argv: readonly string[], more: Staged = {}): Promise<string> => {
    const { code, stdout, stderr } = await runProgram(clients, argv, { ...files, ...more }, seconds + 60);
    if (code !== 0) throw new Error(`${argv.join(' ')} ended with ${code ?? 'a signal'}: ${stderr}${stdout.slice(-500)}`);
    return stdout;
  };
  switch (load.tool) {
    case 'wrk': {
      const { argv, script } = wrkArguments(load, url, seconds, threads);
      return parseWrk(await run(argv, script), sizes[load.path]);
    }
    case 'tls-time':
      return parseTlsTime(await run(tlsTimeArguments(load, `${address}:${ports[load.port]}`, load.path, seconds)), load, sizes[load.path]);
    case 'h2load': {
      const log = join(clients.shared, 'times');
      const loaded = parseH2load(await run(h2loadArguments(load, url, seconds, threads, load.perSecond === null ? null : '/mnt/times')));
      if (load.perSecond === null) return loaded;
      const percentiles = parsePercentiles(await readFile(log, 'utf8'));
      await rm(log);
      return { ...loaded, percentiles };
    }
  }
}
