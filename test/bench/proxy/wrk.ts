import type { Staged } from '../../support/staged.ts';
import type { Loaded } from './load.ts';

/** A closed loop of HTTP/1.1 clients by wrk(1). `closes` is which requests end their connection. */
export interface Wrk {
  readonly tool: 'wrk';
  readonly connections: number;
  readonly closes: 'none' | 'each tenth' | 'all';
}

/** wrk asks this script for each request. */
const eachTenth = `
local count, keep, close = 0
init = function() keep = wrk.format(); close = wrk.format(nil, nil, { Connection = "close" }) end
request = function()
  count = count + 1
  if count % 10 == 0 then return close end
  return keep
end
`;

/** wrk's arguments, and the script that it reads where it needs one. */
export function wrkArguments(
  { connections, closes }: Wrk,
  url: string,
  seconds: number,
  threads: number,
): { readonly argv: readonly string[]; readonly script: Staged } {
  const argv = ['wrk', `-t${threads}`, `-c${connections}`, `-d${seconds}s`, '--timeout', '10s'];
  if (closes === 'each tenth') return { argv: [...argv, '-s', '/tmp/mixed.lua', url], script: { '/tmp/mixed.lua': eachTenth } };
  return { argv: [...argv, ...(closes === 'all' ? ['-H', 'Connection: close'] : []), url], script: {} };
}

const units: Readonly<Record<string, number>> = { us: 1e-6, ms: 1e-3, s: 1, m: 60 };
const binary: Readonly<Record<string, number>> = { B: 1, KB: 2 ** 10, MB: 2 ** 20, GB: 2 ** 30 };

/**
 * What wrk printed at its end. Of answers larger than `large` bytes few come in a second, so those that were under way count by their share: requests are
 * then what was read over the size of one. @throws Error when it printed none of that.
 */
export function parseWrk(text: string, size: number, large = 64 * 1024): Loaded {
  const found = /^\s*(\d+) requests in ([\d.]+)(us|ms|s|m), ([\d.]+)([KMG]?B) read/m.exec(text);
  if (found === null) throw new Error(`wrk said nothing of requests: ${text}`);
  const [, count, time, unit = 's', read, bytes = 'B'] = found;
  const socket = /Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)/.exec(text)?.slice(1) ?? [];
  const status = Number(/Non-2xx or 3xx responses: (\d+)/.exec(text)?.[1] ?? 0);
  const errors = socket.reduce((sum, each) => sum + Number(each), status);
  const requests = size > large && status === 0 ? (Number(read) * (binary[bytes] ?? 1)) / size : Number(count) - status;
  return { requests, seconds: Number(time) * (units[unit] ?? 1), errors, percentiles: null };
}
