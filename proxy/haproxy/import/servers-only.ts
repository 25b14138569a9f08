import type { Directive } from './source.ts';

const OF_SERVERS =
  /^(?:balance|hash-type|hash-balance-factor|cookie|retries|retry-on|fullconn|http-reuse|source|default-server|http-check|tcp-check|stick|persist|srvtimeout|contimeout)$/;
const CHECKS = /^(?:httpchk|tcp-check|mysql-check|pgsql-check|redis-check|smtpchk|ldap-check|spop-check|redispatch)$/;

/** Whether a line says something of servers, where there are none: in a frontend, or a `listen` that leads elsewhere. */
export function isOfServers({ words }: Directive): boolean {
  const [first = '', second = ''] = words[0] === 'no' ? words.slice(1) : words;
  if (first === 'timeout') return /^(?:connect|server|server-fin|queue|check|tunnel)$/.test(second);
  return first === 'option' ? CHECKS.test(second) : OF_SERVERS.test(first);
}
