import { setTimeout as sleep } from 'node:timers/promises';
import { parseStats, type Stat, showStat } from '../../../proxy/haproxy/stats.ts';
import { type Haproxy, runHaproxy } from '../haproxy.ts';
import type { Answered, Reply, TcpReply } from '../haproxy-peer.ts';
import type { Outside } from '../outside.ts';
import type { Staged } from '../staged.ts';
import type { Request } from './requests.ts';

/** What a configuration came to: an answer for each request, counters and servers by name. */
export interface Observed {
  readonly answers: readonly Told[];
  readonly counters: Readonly<Record<string, object>>;
  readonly servers: Readonly<Record<string, object>>;
  /** Once a server fails its checks: the servers, and the answers to some of the requests. */
  readonly failed: { readonly servers: Readonly<Record<string, object>>; readonly answers: readonly Told[] } | null;
}

/** An answer, with what the server saw of the request where one did. */
export interface Told {
  readonly request: string;
  readonly status: number | string;
  readonly headers: Headers;
  readonly server: string | null;
  readonly seen: { readonly method: string; readonly url: string; readonly headers: Headers } | null;
  readonly body: string | null;
  readonly certificate: string | null;
}

type Headers = Readonly<Record<string, string | readonly string[] | undefined>>;

/** What clocks and connections say: dates in cookies (configuration manual, "cookie", maxidle), ports of clients in the PROXY protocol. */
const ofNow = (text: string): string => text.replace(/\|[A-Za-z0-9+/]{5}\b/g, '|date').replace(/^(PROXY TCP4 \S+ \S+) \d+/m, '$1 port');

/** Of the moment, or of one connection: nothing that a configuration says. `content-length` counts what servers saw. */
const ofTheMoment = /^(?:date|connection|keep-alive|content-length|transfer-encoding)$/;

const kept = (headers: Headers): Headers =>
  Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) =>
      ofTheMoment.test(name) || value === undefined ? [] : [[name, [value].flat().map(ofNow).join('\n')]],
    ),
  );

function ofBody(body: string): Pick<Told, 'server' | 'seen' | 'body'> {
  if (!body.startsWith('{"server"')) return { server: null, seen: null, body: ofNow(body) };
  const { server, method, url, headers } = JSON.parse(body) as Answered;
  return { server, seen: { method, url, headers: kept(headers) }, body: null };
}

function toldHttp(request: string, { status, headers, body, certificate, error }: Reply): Told {
  // which error a client gets of a connection that ends is a matter of who was first
  return { request, status: error === null ? status : 'no answer', headers: kept(headers), ...ofBody(body), certificate };
}

/** HTTP on a connection that was written to as it is; else the bytes. */
function toldTcp(request: string, { received, isClosed }: TcpReply): Told {
  const [, status, head = '', body = ''] = /^HTTP\/1\.[01] (\d+)[^\r]*\r\n(.*?)\r\n\r\n(.*)$/s.exec(received) ?? [];
  if (status === undefined) return { request, status: isClosed ? 'closed' : 'open', headers: {}, ...ofBody(received), certificate: null };
  const headers = Object.fromEntries(
    head.split('\r\n').map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]),
  );
  return { request, status: Number(status), headers: kept(headers), ...ofBody(body), certificate: null };
}

/** What must agree of `show stat`: who was asked how often, and what came of it. */
function counted({ kind, mode, sessionsTotal, requestsTotal, denied, errors, responses, status }: Stat): object {
  const common = { mode, denied, responses, sessionsTotal };
  if (kind === 'frontend') return { ...common, requestsTotal, badRequests: errors.request };
  return kind === 'server' ? { ...common, status } : common;
}

/** Columns of `show servers state` that say the same in both (management guide, 9.3); the others are identities, times and health in numbers. */
const STATE_COLUMNS = [
  'srv_addr',
  'srv_op_state',
  'srv_admin_state',
  'srv_uweight',
  'srv_iweight',
  'srv_check_status',
  'srv_check_result',
  'srv_check_state',
  'srv_agent_state',
  'srv_fqdn',
  'srv_port',
  'srvrecord',
  'srv_use_ssl',
  'srv_check_port',
  'srv_check_addr',
  'srv_agent_addr',
  'srv_agent_port',
];

/** The servers of an answer to `show servers state`, by backend and name. */
export function serverStates(answer: string): Observed['servers'] {
  const [, head = '', ...lines] = answer.split('\n');
  const columns = head.replace(/^# /, '').trim().split(' ');
  return Object.fromEntries(
    lines.flatMap((line) => {
      const row = Object.fromEntries(line.split(' ').map((value, index) => [columns[index] ?? '', value]));
      if (row.be_name === undefined || row.srv_name === undefined) return [];
      return [[`${row.be_name}/${row.srv_name}`, Object.fromEntries(STATE_COLUMNS.map((column) => [column, row[column]]))]];
    }),
  );
}

async function statsOf(haproxy: Haproxy): Promise<readonly Stat[]> {
  return parseStats(await haproxy.ask(showStat().trim())) ?? [];
}

/** Waits until no server's state is on its way, as far as checks go. */
async function settled(haproxy: Haproxy, limitMs = 20_000): Promise<void> {
  const limit = performance.now() + limitMs;
  for (; performance.now() < limit; await sleep(50)) {
    const stats = await statsOf(haproxy);
    const isOnItsWay = ({ kind, status, check }: Stat) =>
      kind === 'server' && (/\d\/\d/.test(status) || /INI|^\* $/.test(check?.status ?? ''));
    if (!stats.some(isOnItsWay)) return;
  }
}

/** How many requests are sent once a server is down. */
const AFTER_FAILURE = 12;

/** Waits until a server is down, and no other on its way. */
async function isDown(haproxy: Haproxy): Promise<void> {
  const limit = performance.now() + 20_000;
  for (; !(await statsOf(haproxy)).some(({ kind, status }) => kind === 'server' && status === 'DOWN'); await sleep(50))
    if (performance.now() > limit) throw new Error('no server is down: what is sick is not checked');
  await settled(haproxy);
}

/** Runs a configuration, asks it everything, and looks at what it counted; then, where one is named, with a server that fails its checks. */
export async function observe(
  { networks, peer }: Outside,
  files: Staged,
  requests: readonly Request[],
  sick: string | null = null,
): Promise<Observed> {
  const haproxy = await runHaproxy(networks.proxy, files);
  try {
    await settled(haproxy);
    const states = await haproxy.ask('show servers state');
    const ask = async (some: readonly Request[]): Promise<readonly Told[]> => {
      const answers: Told[] = [];
      for (const request of some)
        answers.push(
          'http' in request
            ? toldHttp(JSON.stringify(request.http), await peer.ask(request.http))
            : toldTcp(JSON.stringify(request.tcp), await peer.converse(request.tcp)),
        );
      return answers;
    };
    const answers = await ask(requests);
    const stats = await statsOf(haproxy);
    const counters = Object.fromEntries(stats.map((stat) => [`${stat.kind} ${stat.proxy} ${stat.name}`, counted(stat)]));
    let failed: Observed['failed'] = null;
    if (sick !== null) {
      await peer.sick(sick);
      try {
        await isDown(haproxy);
        failed = { servers: serverStates(await haproxy.ask('show servers state')), answers: await ask(requests.slice(0, AFTER_FAILURE)) };
      } finally {
        await peer.well(sick);
      }
    }
    return { answers, counters, servers: serverStates(states), failed };
  } finally {
    await haproxy.stop();
  }
}

/** The original as it can start here: asked by the socket and known by the mark that weir's have. */
export function startable(text: string): string {
  const lines = text.split('\n').filter((line) => !/^\s*(?:stats\s+socket|description|daemon)\b/.test(line));
  const ours = ['    description "weir 0123456789ab"', '    stats socket /run/weir/haproxy.sock mode 600 level admin'];
  const global = lines.findIndex((line) => /^global\b/.test(line));
  return (global < 0 ? ['global', ...ours, ...lines] : lines.toSpliced(global + 1, 0, ...ours)).join('\n');
}
