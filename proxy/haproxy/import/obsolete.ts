import type { Fate } from './ledger.ts';
import { isOwnLog, readLog } from './log.ts';

/** Lines that no document has, by their first words, and why: the appliance decides it, HAProxy takes no notice of it any more, or it is gone. */
interface Gone {
  readonly fate: Extract<Fate, 'own' | 'needless' | 'dropped'>;
  readonly reason: string;
}

const own = (reason: string): Gone => ({ fate: 'own', reason: `decided by the appliance: ${reason}` });
const needless = (reason: string): Gone => ({ fate: 'needless', reason });
const dropped = (reason: string): Gone => ({ fate: 'dropped', reason });

/** Words of the global section. */
const GLOBAL: Readonly<Record<string, Gone>> = {
  chroot: own('the worker is in a chroot of its own'),
  user: own('the worker is the user haproxy'),
  group: own('the worker is in the group haproxy'),
  uid: own('the worker is the user haproxy'),
  gid: own('the worker is in the group haproxy'),
  daemon: own('systemd runs HAProxy'),
  pidfile: own('systemd knows the processes'),
  'master-worker': own('HAProxy runs with a master, so that it can be reloaded'),
  quiet: own('systemd runs HAProxy'),
  stats: own('the sockets for statistics and administration are below /run/weir'),
  log: own("lines go to the machine's own log; where else they go stands at each frontend"),
  'log-send-hostname': own("lines carry this node's name"),
  nbthread: own("a thread for each CPU that is HAProxy's"),
  'thread-groups': own("a thread for each CPU that is HAProxy's"),
  'thread-group': own("a thread for each CPU that is HAProxy's"),
  'cpu-map': own('threads stand near their network cards'),
  'numa-cpu-mapping': own('threads stand near their network cards'),
  'ulimit-n': own('file descriptors follow from maxconn'),
  'fd-hard-limit': own('file descriptors follow from maxconn'),
  node: own('the name of the node'),
  localpeer: own('the name of the node'),
  description: own('it carries the mark of the configuration'),
  'server-state-base': own('servers keep their state over a reload'),
  'server-state-file': own('servers keep their state over a reload'),
  'stats-file': own('counters are kept over a reload'),
  'hard-stop-after': own('it follows from the longest tunnel'),
  'close-spread-time': own('old workers end little by little'),
  'mworker-max-reloads': own('old workers end after some reloads'),
  'ca-base': own('files lie beside the document'),
  'crt-base': own('files lie beside the document'),
  'limited-quic': own('a bind with h3 brings it'),
  'expose-experimental-directives': own('a rule that needs it brings it'),
  setenv: own('its value stands where it was named'),
  presetenv: own('its value stands where it was named'),
  'strict-limits': own('limits are checked before anything changes'),
  'insecure-fork-wanted': own('nothing that it runs forks'),
  'insecure-setuid-wanted': own('nothing that it runs gets other rights'),
  'default-path': own('files lie beside the document'),
  'zero-warning': own('what it writes is checked without a warning'),
  'unix-bind': own('who may connect to a UNIX socket is said by mode: 666 or 600'),
  'external-check': dropped('external checks need forking: write agent-check, or a check of steps'),
  'httpclient.resolvers.prefer': dropped('HAProxy would not start while the name servers of the machine are not known yet'),
  'httpclient.resolvers.id': dropped('HAProxy would not start while the name servers of the machine are not known yet'),
  nbproc: needless('HAProxy has had threads instead of processes since 2.5'),
  debug: own('systemd runs HAProxy'),
};

/** Words of proxies. */
const PROXY: Readonly<Record<string, Gone>> = {
  'bind-process': needless('HAProxy has had threads instead of processes since 2.5'),
  id: own('identities follow from names'),
  guid: own('identities follow from names'),
  description: needless('it is a comment: HAProxy shows it on its statistics page'),
  'load-server-state-from-file': own('servers keep their state over a reload'),
  'server-state-file-name': own('servers keep their state over a reload'),
  'option external-check': dropped('it needs forking: write agent-check, or a check of steps'),
  'external-check': dropped('it needs forking: write agent-check, or a check of steps'),
  'option http-tunnel': needless('HAProxy has not had it since 2.1: connections are kept alive'),
  'option http_proxy': dropped('HAProxy has not had it since 2.1'),
  'option http-use-htx': needless('HAProxy knows nothing else any more'),
  'option httplog': own('frontends log requests'),
  'option tcplog': own('frontends log connections'),
  'option httpslog': own('frontends log requests'),
  'option forwardfor': own('servers get X-Forwarded-For, and what clients say of themselves is not believed'),
  'option forwarded': own('servers get Forwarded, and what clients say of themselves is not believed'),
  'option dontlognull': own('probes are not logged'),
  'option tcpka': own('silent connections are watched on both sides'),
  'option clitcpka': own('silent connections are watched'),
  'option srvtcpka': own('silent connections are watched'),
  'option splice-auto': own('bytes stay in the kernel where that helps'),
  'option http-restrict-req-hdr-names': own('header names that servers could read in two ways are refused'),
  enabled: needless('so it is'),
};

/** What becomes of a line of the global section that the document does not have; null: it may have it. */
export function goneFromGlobal(words: readonly string[]): Gone | null {
  const [first = '', ...rest] = words;
  const [target] = rest;
  // lines that leave the machine are not weir's own
  if (first === 'log' && !isOwnLog(target)) {
    const log = readLog(rest);
    return typeof log === 'string' ? dropped(`${log}: write log: at each frontend, or system.log.to`) : null;
  }
  const library = /^(wurfl|deviceatlas|51degrees)-/.exec(first)?.[1];
  if (library !== undefined)
    return dropped(`HAProxy of the appliance is made without ${library}: a map by req.hdr(user-agent) can say something of devices`);
  const word = first === 'no' ? (target ?? '') : first;
  return Object.hasOwn(GLOBAL, word) ? (GLOBAL[word] as Gone) : null;
}

/** Modes of proxies of which the document has none, and what to write instead. */
export const GONE_MODES: Readonly<Record<string, string>> = {
  log: 'backends of log servers have no option: write log: with an address, or a ring',
  health: 'HAProxy has not had it since 2.1: write monitor-uri: in a frontend',
  spop: 'it needs HAProxy 3.1, this one is 3.0: write spoe-agents:',
};

/** What becomes of a line of a proxy that the document does not have; null: it may have it. */
export function goneFromProxy(words: readonly string[]): Gone | null {
  const [first = '', second = '', ...rest] = words;
  if (first === 'log' && second.startsWith('backend@'))
    return dropped('backends of log servers have no option: write log: with an address, or a ring');
  if (first === 'log' && second !== 'global' && isOwnLog(second)) return own("lines go to the machine's own log");
  if (first === 'no') return second === 'log' ? own('what frontends log more stands at each') : null;
  const key = first === 'option' ? `option ${second}` : first;
  const header = rest[rest.indexOf('header') + 1] ?? '';
  if (key === 'option forwardfor' && rest.includes('header') && header.toLowerCase() !== 'x-forwarded-for') return null;
  return Object.hasOwn(PROXY, key) ? (PROXY[key] as Gone) : null;
}
