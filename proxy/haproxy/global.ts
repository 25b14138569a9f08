import type { DataPlane, Words } from '../model.ts';
import { offersHttp3 } from './bind.ts';
import { type Line, placed } from './line.ts';
import { luaLines } from './lua.ts';
import { comment, line, rawLines } from './quote.ts';
import { closeSpreadSeconds } from './runtime.ts';
import { milliseconds } from './timeout.ts';
import { staples, TLS_KEYWORDS, tlsDefaults } from './tls-defaults.ts';
import { transparentLines } from './transparent.ts';
import { actionsOf } from './uses.ts';
import { settingLines } from './words.ts';

/** HAProxy's threads and the CPUs that each is bound to: `auto:1/1-6` to `0-5`; no map where they float (configuration manual 3.0, "cpu-map"). */
export interface ThreadWords {
  readonly nbthread: number;
  readonly threadGroups: number;
  readonly cpuMap: readonly { readonly threads: string; readonly cpus: string }[];
}

/** What the machine adds to the document. `threads` and `maxconn` are left to HAProxy where null. */
export interface HaproxyMachine {
  readonly threads: ThreadWords | null;
  readonly maxconn: number | null;
  /** This node's name. */
  readonly node: string;
  /** Where the rendered files and sockets are, `/run/weir`. */
  readonly runDir: string;
}

/** How long a connection that has become a tunnel may be silent, where the document does not say. */
export const tunnelTimeout = '1h';

/** How long an old worker may live after a reload: as long as its longest tunnel may be silent, at least 5 minutes, at most 12 hours. In seconds. */
export function hardStopAfterSeconds({ frontends, backends, defaults }: DataPlane): number {
  const said = [...frontends, ...backends].flatMap(({ timeouts }) => (timeouts.tunnel === undefined ? [] : [timeouts.tunnel]));
  const usesDefault = backends.some(({ timeouts }) => timeouts.tunnel === undefined);
  const longest = Math.max(0, ...[...said, ...(usesDefault ? [defaults.timeouts.tunnel ?? tunnelTimeout] : [])].map(milliseconds)) / 1000;
  return Math.ceil(Math.min(Math.max(longest, 300), 12 * 3600));
}

/**
 * The `log` line of a section: rsyslog's datagram socket inside the chroot, one in so many (`sample`, `1:10`) or all. A longer line is cut at 2,048 bytes.
 * Not a ring, which sends many lines at once to a stream (1.17 times as much in "keep-alive"): HAProxy 3.0 sends nothing of it once it stops (src/sink.c), so
 * what a worker answers after a reload would not be logged: of 200 such requests none was, by datagrams all.
 */
export function logLine(sample: string | null): string {
  return line('log', '/dev/log', 'len', 2048, ...(sample === null ? [] : ['sample', sample]), 'local0');
}

/** What an HTTP/2 client may do, where the document does not say. */
const http2 = { 'tune.h2.fe.glitches-threshold': 1000, 'tune.h2.fe.max-concurrent-streams': 100 };

/** Bytes of a pipe, where the document does not say. */
export const pipeSize = 262_144;

/** Memory that is worth its bytes, where the document does not say; ratios are requests for the same CPU (`npm run bench proxy`, rows in quotes). */
const memory = {
  // 1.10 times as much in "keep-alive" and "h2": HAProxy's own 512 kB are fewer than the buffers of 64 busy clients. The manual's bound is twice an L2 cache,
  // of which server CPUs have 1 to 2 MB a core; 2 MB gave 1.08 in "keep-alive", 16 MB 1.11
  'tune.memory.hot-size': 4_194_304,
  // 1.35 times as much in "10mb", nothing in "100kb"; 1 MB gave 1.6, but a client that does not read leaves so much in the kernel, which tcp_mem does not bound
  'tune.pipesize': pipeSize,
  // sessions are not in tickets (`no-tls-tickets`) but here, two for a handshake of TLS 1.3 (SSL_CTX_set_num_tickets(3)): 20 MB remember 50,000 of them
  'tune.ssl.cachesize': 100_000,
};

function pick(words: Words, isWanted: (key: string) => boolean): Words {
  return Object.fromEntries(Object.entries(words).filter(([key]) => isWanted(key)));
}

/** Raw lines that say it win: HAProxy takes threads bound by one and counted by another for a mistake. */
function saysThreads({ extraGlobal }: DataPlane): boolean {
  return extraGlobal.some((raw) => /^\s*(?:no\s+)?(?:nbthread|thread-groups?|cpu-map|numa-cpu-mapping)\b/.test(raw));
}

function threadLines({ nbthread, threadGroups, cpuMap }: ThreadWords): readonly Line[] {
  return [
    line('nbthread', nbthread),
    ...(threadGroups === 1 ? [] : [line('thread-groups', threadGroups)]),
    ...(cpuMap.length === 0 ? [] : [comment('beside the interrupts of the network cards, which have CPUs of their own')]),
    ...cpuMap.map(({ threads, cpus }) => line('cpu-map', threads, ...cpus.split(','))),
  ];
}

/** The `global` section, without its mark. */
export function globalSection(plane: DataPlane, { threads, maxconn, node, runDir }: HaproxyMachine): readonly Line[] {
  const { settings } = plane.global;
  const most = maxconn ?? plane.global.maxconn;
  const overridden = <Own extends Words>(own: Own): Words => ({ ...own, ...pick(settings, (key) => key in own) });
  const [ofHttp2, ofMemory] = [overridden(http2), overridden(memory)];
  const further = pick(settings, (key) => !(key in http2) && !(key in memory) && !TLS_KEYWORDS.has(key));
  return [
    'global',
    line('node', node),
    line('localpeer', node),
    ...(threads === null || saysThreads(plane) ? [] : threadLines(threads)),
    ...(most === null ? [] : [line('maxconn', most)]),
    comment('the worker reaches nothing but its sockets'),
    line('chroot', '/var/lib/haproxy'),
    line('user', 'haproxy'),
    line('group', 'haproxy'),
    ...transparentLines(plane),
    comment('root alone administers; the check of keepalived may only look'),
    line('stats', 'socket', `${runDir}/haproxy.sock`, 'mode', 600, 'level', 'admin', 'expose-fd', 'listeners'),
    line('stats', 'socket', `${runDir}/check.sock`, 'mode', 660, 'group', 'keepalived_script', 'level', 'user'),
    line('stats', 'timeout', '1m'),
    comment("rsyslog's datagram socket inside the chroot; a line longer than this is cut"),
    logLine(null),
    comment(
      'a reload: old workers end with their last connection, kept ones are asked to close little by little, and no worker stays for ever',
    ),
    line('hard-stop-after', `${hardStopAfterSeconds(plane)}s`),
    line('close-spread-time', `${closeSpreadSeconds}s`),
    line('mworker-max-reloads', 50),
    comment('what the old worker knew: weir writes both files before each reload'),
    line('stats-file', `${runDir}/haproxy.stats`),
    line('server-state-file', `${runDir}/haproxy.servers`),
    ...tlsDefaults(plane),
    ...(staples(plane)
      ? [comment('what CAs say of certificates is asked for by names that the machine looks up'), line('httpclient.resolvers.id', 'system')]
      : []),
    ...(plane.frontends.some(offersHttp3)
      ? [comment("HTTP/3 with Debian's OpenSSL: all but early data; HAProxy speaks no QUIC without this"), line('limited-quic')]
      : []),
    comment('an HTTP/2 client that keeps breaking the protocol is an attacker'),
    ...placed(['global'], settingLines(ofHttp2)),
    comment('memory: what a thread keeps for itself, what a pipe holds, how many TLS sessions can be resumed'),
    ...placed(['global'], settingLines(ofMemory)),
    ...placed(['global'], settingLines(further)),
    ...(actionsOf(plane).some(({ kind }) => kind === 'normalize-uri')
      ? [comment('HAProxy 3.0 asks for this where a rule says normalize-uri'), line('expose-experimental-directives')]
      : []),
    ...placed(['global'], luaLines(plane.global.lua)),
    ...placed(['global'], rawLines(plane.extraGlobal)),
  ];
}
