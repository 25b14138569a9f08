import type { DataPlane } from '../model.ts';
import { tunnelTimeout } from './global.ts';
import { type Line, placed } from './line.ts';
import { emailAlertLines } from './mailers.ts';
import { optionLines } from './option.ts';
import { comment, line, rawLines } from './quote.ts';
import { settingLines } from './words.ts';

/** The options that only sections with the mode http have (`haproxy -dKcfg`). */
const httpOptions: ReadonlySet<string> = new Set([
  'checkcache',
  'disable-h2-upgrade',
  'http-buffer-request',
  'http-ignore-probes',
  'http-keep-alive',
  'http-no-delay',
  'http-pretend-keepalive',
  'http-server-close',
  'httpclose',
  'idle-close-on-response',
  'prefer-last-server',
]);

/**
 * The three `defaults` sections: what all share, then what HTTP and TCP add. Each value says what it protects, and here what it costs or gains: ratios are
 * requests for the same CPU (`npm run bench proxy`, rows in quotes), instructions are HAProxy's own of the 46,600 that a request takes it.
 */
export function defaultsSections({ defaults, extraDefaults }: DataPlane): readonly (readonly Line[])[] {
  const { timeouts, options, settings, emailAlert } = defaults;
  const timeout = (event: string, value: string) => {
    const said = timeouts[event];
    return said === undefined ? line('timeout', event, value) : { text: line('timeout', event, said), at: ['defaults', 'timeout', event] };
  };
  const own = (isHttp: boolean) =>
    placed(['defaults'], optionLines(Object.fromEntries(Object.entries(options).filter(([option]) => httpOptions.has(option) === isHttp))));
  const base = [
    'defaults base',
    line('log', 'global'),
    comment('probes that connect and say nothing are not worth a line'),
    line('option', 'dontlognull'),
    // timeouts cost nothing: with HAProxy's own three only, a request took as many instructions
    comment('a slow TLS hello holds a connection no longer'),
    timeout('client-hs', '5s'),
    comment('a slow request head (slowloris) is answered 408'),
    timeout('http-request', '10s'),
    comment('an idle keep-alive client gives its connection back'),
    timeout('http-keep-alive', '10s'),
    comment('a client or server that has gone silent'),
    timeout('client', '30s'),
    timeout('server', '30s'),
    comment('a server that does not accept; three tries, the last at another server'),
    timeout('connect', '4s'),
    // HAProxy's own number; without redispatch all are at the server that is dead, whose clients have 503 until its checks have failed
    line('retries', 3),
    line('option', 'redispatch'),
    comment('a full server: waiting longer than a user does only adds to its load'),
    timeout('queue', '10s'),
    comment('a check that hangs is a check that failed'),
    timeout('check', '5s'),
    comment('a tarpitted client waits, and costs a connection no longer'),
    timeout('tarpit', '10s'),
    comment('WebSockets and TCP may be silent long; once one side has closed, the other follows'),
    timeout('tunnel', tunnelTimeout),
    timeout('client-fin', '30s'),
    timeout('server-fin', '30s'),
    // 5 times as much in "10mb", and as much in "keep-alive", where nothing is spliced
    comment('bytes that need no look stay in the kernel'),
    line('option', 'splice-auto'),
    comment('a peer that vanished without a word is noticed by the kernel'),
    // a system call for each new connection, less than the range of "connection"
    line('option', 'clitcpka'),
    line('option', 'srvtcpka'),
    comment('a name that does not resolve at start must not keep everything else from starting'),
    line('default-server', 'init-addr', 'last,libc,none'),
    // these act at start and reload, at no request
    comment('a server that is down, drained or reweighted stays so in the next worker'),
    line('load-server-state-from-file', 'global'),
    ...own(false),
    ...placed(['defaults'], [...settingLines(settings), ...emailAlertLines(emailAlert)]),
    ...placed(['defaults'], rawLines(extraDefaults)),
  ];
  const http = [
    'defaults http from base',
    line('mode', 'http'),
    line('option', 'httplog'),
    comment('used connections serve again where a lost request cannot come of it'),
    // of 1,500 requests by POST to a server that closes idle connections after 20 ms it lost none, `always` 305, for 1.58 times as much in "connection"
    line('http-reuse', 'safe'),
    comment('a header name that servers could read in two ways is refused'),
    // 800 instructions
    line('option', 'http-restrict-req-hdr-names', 'reject'),
    comment('servers learn the client: X-Forwarded-For, and Forwarded (RFC 7239)'),
    // 2,100 and 3,300 instructions, and 2,000 for the frontend's X-Forwarded-Proto, also where it is added or has a condition: together 0.96 in "keep-alive"
    line('option', 'forwardfor'),
    line('option', 'forwarded'),
    ...own(true),
  ];
  const tcp = ['defaults tcp from base', line('mode', 'tcp'), line('option', 'tcplog')];
  return [base, http, tcp];
}
