import type { Loaded, Percentiles } from './load.ts';

/** Clients by h2load(1): a closed loop, or so many requests a second in all whatever the answers take (`perSecond`). */
export interface H2load {
  readonly tool: 'h2load';
  readonly protocol: 'http/1.1' | 'h2';
  readonly connections: number;
  /** Requests under way on a connection, at most. */
  readonly streams: number;
  readonly perSecond: number | null;
}

const tls = ['--groups=X25519', '--tls13-ciphers=TLS_AES_128_GCM_SHA256'];

/** h2load's arguments; `log` is where it writes the time of each request. */
export function h2loadArguments(
  { protocol, connections, streams, perSecond }: H2load,
  url: string,
  seconds: number,
  threads: number,
  log: string | null,
): readonly string[] {
  const version = protocol === 'h2' ? ['--alpn-list=h2', '--no-tls-proto=h2c'] : ['--h1'];
  const open = perSecond === null ? [] : [`--rps=${(perSecond / connections).toFixed(3)}`];
  const times = log === null ? [] : [`--log-file=${log}`];
  return ['h2load', `-t${threads}`, `-c${connections}`, `-m${streams}`, `-D${seconds}`, ...version, ...tls, ...open, ...times, url];
}

const units: Readonly<Record<string, number>> = { us: 1e-6, ms: 1e-3, s: 1, m: 60 };

/** What h2load printed at its end: "failed" is all that was no success, in whatever way. @throws Error when that is not there. */
export function parseH2load(text: string): Loaded {
  const time = /^finished in ([\d.]+)(us|ms|s|m)?,/m.exec(text);
  const requests = /^requests: \d+ total, \d+ started, \d+ done, (\d+) succeeded, (\d+) failed, /m.exec(text);
  const status = /^status codes: (\d+) 2xx, (\d+) 3xx,/m.exec(text);
  if (time === null || requests === null || status === null) throw new Error(`h2load said nothing of requests: ${text}`);
  const seconds = Number(time[1]) * (units[time[2] ?? 's'] ?? 1);
  return { requests: Number(status[1]), seconds, errors: Number(requests[2]) + Number(status[2]), percentiles: null };
}

/** Percentiles of the lines that h2load logged: start in microseconds, status, duration in microseconds (h2load(1), --log-file). */
export function parsePercentiles(log: string): Percentiles {
  const times = log
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => Number(line.split('\t')[2]) / 1000)
    .sort((a, b) => a - b);
  if (times.length === 0) throw new Error('h2load logged no request');
  // the smallest that so many are not above
  const at = (share: number) => times[Math.max(0, Math.ceil(times.length * share) - 1)] as number;
  return { p50: at(0.5), p99: at(0.99), p999: at(0.999) };
}
