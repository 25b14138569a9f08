import type { Loaded } from './load.ts';

/** One request a TLS connection by openssl-s_time(1), which says of each handshake whether it was resumed. */
export interface TlsTime {
  readonly tool: 'tls-time';
  readonly connections: number;
  readonly resumes: boolean;
}

/** Its arguments: as many of it as there are connections at a time, for each has one. It looks at whole seconds, and ends up to one later. */
export function tlsTimeArguments({ connections, resumes }: TlsTime, to: string, path: string, seconds: number): readonly string[] {
  const words = `openssl s_time -connect ${to} ${resumes ? '-reuse' : '-new'} -time ${Math.max(1, Math.round(seconds) - 1)} -www ${path}`;
  // each has a file, for what they print would mix in the middle of lines
  const all = Array.from({ length: connections }, (_, index) => `${words} >/tmp/s_time.${index} 2>&1 &`).join(' ');
  // its own seconds are whole ones, so it is timed from outside
  return ['sh', '-c', `began=$(date +%s%N); ${all} wait; cat /tmp/s_time.*; echo $((($(date +%s%N) - began) / 1000)) us in all`];
}

/**
 * What `connections` of them printed, one after the other. An error is each that ended early, each answer shorter than `bytes`, and each handshake that was
 * resumed where it should be full, or the other way round. @throws Error when they were not all waited for.
 */
export function parseTlsTime(text: string, { connections, resumes }: TlsTime, bytes: number): Loaded {
  const ended = [...text.matchAll(/^(\d+) connections in (\d+) real seconds, (\d+) bytes read per connection/gm)];
  let [requests, errors] = [0, connections - ended.length];
  for (const [, count, , each] of ended) {
    if (Number(each) < bytes) errors += Number(count);
    else requests += Number(count);
  }
  // a letter for each handshake, a line for all of a process: `r` for a resumed one, `*` for a full one
  const letters = [...text.matchAll(/^[r*]+$/gm)].map(([line]) => line).join('');
  const wrong = letters.replaceAll(resumes ? 'r' : '*', '').length;
  const seconds = Number(/^(\d+) us in all$/m.exec(text)?.[1]) / 1e6;
  if (Number.isNaN(seconds)) throw new Error(`openssl s_time did not come to its end: ${text}`);
  return { requests: requests - wrong, seconds, errors: errors + wrong, percentiles: null };
}
