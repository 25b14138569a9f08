import type { DataPlane } from '../model.ts';
import { tunnelTimeout } from './global.ts';
import { type Line, placed } from './line.ts';
import { comment, line, rawLines } from './quote.ts';

/** The three `defaults` sections: what all share, then what HTTP and TCP add. Each value says what it protects. */
export function defaultsSections({ extraDefaults }: DataPlane): readonly (readonly Line[])[] {
  const base = [
    'defaults base',
    line('log', 'global'),
    comment('probes that connect and say nothing are not worth a line'),
    line('option', 'dontlognull'),
    comment('a slow TLS hello holds a connection no longer'),
    line('timeout', 'client-hs', '5s'),
    comment('a slow request head (slowloris) is answered 408'),
    line('timeout', 'http-request', '10s'),
    comment('an idle keep-alive client gives its connection back'),
    line('timeout', 'http-keep-alive', '10s'),
    comment('a client or server that has gone silent'),
    line('timeout', 'client', '30s'),
    line('timeout', 'server', '30s'),
    comment('a server that does not accept; three tries, the last at another server'),
    line('timeout', 'connect', '4s'),
    line('retries', 3),
    line('option', 'redispatch'),
    comment('a full server: waiting longer than a user does only adds to its load'),
    line('timeout', 'queue', '10s'),
    comment('a check that hangs is a check that failed'),
    line('timeout', 'check', '5s'),
    comment('a tarpitted client waits, and costs a connection no longer'),
    line('timeout', 'tarpit', '10s'),
    comment('WebSockets and TCP may be silent long; once one side has closed, the other follows'),
    line('timeout', 'tunnel', tunnelTimeout),
    line('timeout', 'client-fin', '30s'),
    line('timeout', 'server-fin', '30s'),
    comment('bytes that need no look stay in the kernel'),
    line('option', 'splice-auto'),
    comment('a peer that vanished without a word is noticed by the kernel'),
    line('option', 'clitcpka'),
    line('option', 'srvtcpka'),
    comment('a name that does not resolve at start must not keep everything else from starting'),
    line('default-server', 'init-addr', 'last,libc,none'),
    comment('a server that is down, drained or reweighted stays so in the next worker'),
    line('load-server-state-from-file', 'global'),
    ...placed(['defaults'], rawLines(extraDefaults)),
  ];
  const http = [
    'defaults http from base',
    line('mode', 'http'),
    line('option', 'httplog'),
    comment('used connections serve again where a lost request cannot come of it'),
    line('http-reuse', 'safe'),
    comment('a header name that servers could read in two ways is refused'),
    line('option', 'http-restrict-req-hdr-names', 'reject'),
    comment('servers learn the client: X-Forwarded-For, and Forwarded (RFC 7239)'),
    line('option', 'forwardfor'),
    line('option', 'forwarded'),
  ];
  const tcp = ['defaults tcp from base', line('mode', 'tcp'), line('option', 'tcplog')];
  return [base, http, tcp];
}
