import { expect } from 'vitest';
import { clients, servers } from '../support/netns.ts';
import type { Notified } from '../support/spop-responder.ts';
import { app, seen, serversOf } from './app.ts';
import type { Proof, Stage } from './proof.ts';
import { get } from './rewriting.ts';

const port = 12345;
const collector = servers.sorry;

/** A frontend and a backend, and an agent on app1 that judges addresses; each given as lines of YAML. */
const judged = (agent: string, frontend: string, backend = '', reached = '') => `
${app(`${serversOf(1)}\n${backend}`, '', frontend)}
  agents:
    check: false
    servers: { agent1: "${servers.app1}:${port}" }
${reached}
spoe-agents:
  judge:
    use-backend: agents
${agent}`;

const asked = '    filter spoe: [judge]\n';
const deny = '    http-request: [{ deny: 403, if: { "var(txn.judge.score)": { lt: 20 } } }]';
const request = 'on-frontend-http-request';

const up: Proof['prepare'] = async ({ peer }) => {
  await peer.down('agent1').catch(() => undefined);
  await peer.heard('agent1');
  await peer.up({ name: 'agent1', address: servers.app1, port, kind: 'spop' });
};
const away: Proof['prepare'] = async ({ peer }) => {
  await peer.down('agent1').catch(() => undefined);
};

/** What the agent has been told since it was asked last. */
async function told({ peer }: Pick<Stage, 'peer'>): Promise<readonly Notified[]> {
  const lines = (await peer.heard('agent1')).split('\n').filter((line) => line !== '');
  return lines.map((line) => JSON.parse(line) as Notified);
}

/** The status for a client that the agent thinks little of, and for another. */
async function statuses(stage: Stage): Promise<readonly number[]> {
  return [(await get(stage, '/', { from: clients.blocked })).status, (await get(stage, '/', { from: clients.usual })).status];
}

/** Agents beside HAProxy that are told of traffic and decide (SPOE). */
export const agents: readonly Proof[] = [
  {
    row: 'spoe',
    what: 'asks an agent about each request and refuses by its answer',
    keys: ['frontends.*.filter spoe', 'spoe-agents.*.use-backend', 'spoe-agents.*.messages.*.args', 'spoe-agents.*.messages.*.event'],
    document: judged(`    messages: { check: { args: { ip: src, path: path }, event: ${request} } }`, `${asked}${deny}`),
    directive: /^ {4}event .*\n/,
    prepare: up,
    prove: async (stage) => {
      expect(await statuses(stage)).toEqual([403, 200]);
      expect((await told(stage))[0]?.messages).toEqual({ check: { ip: clients.blocked, path: '/' } });
    },
  },
  {
    row: 'spoe',
    what: 'sends a group of messages where a rule says so',
    keys: ['spoe-agents.*.groups', 'frontends.*.http-request.*.send-spoe-group.engine', 'frontends.*.http-request.*.send-spoe-group.group'],
    document: judged(
      `    messages: { address: { args: { ip: src } }, agent: { args: ["req.hdr(user-agent)", "str(a=b)"] } }
    groups: { who: [address, agent] }`,
      `${asked}    http-request:
      - { send-spoe-group: { engine: judge, group: who }, if: { path_beg: /login } }
      - { deny: 403, if: { "var(txn.judge.score)": { lt: 20 } } }`,
    ),
    directive: /^ {4}http-request send-spoe-group .*\n/,
    prepare: up,
    prove: async (stage) => {
      expect((await get(stage, '/', { from: clients.blocked })).status).toBe(200);
      expect(await told(stage)).toEqual([]);
      expect((await get(stage, '/login', { from: clients.blocked, headers: { 'user-agent': 'robot' } })).status).toBe(403);
      expect((await told(stage))[0]?.messages).toEqual({ address: { ip: clients.blocked }, agent: { 0: 'robot', 1: 'a=b' } });
    },
  },
  {
    row: 'spoe',
    what: 'tells an agent only of what a condition holds for',
    keys: ['spoe-agents.*.messages.*.if', 'spoe-agents.*.messages.*.unless'],
    document: `acls: { static: { path_beg: [/img/, /css/] } }
${judged(`    messages: { check: { args: { ip: src }, event: ${request}, if: { method: GET }, unless: static } }`, `${asked}${deny}`)}`,
    directive: /(?<=^ {4}event \S+) if .*/,
    prepare: up,
    prove: async (stage) => {
      const status = async (path: string, method = 'GET') => (await get(stage, path, { from: clients.blocked, method })).status;
      expect([await status('/'), await status('/img/a.png'), await status('/', 'OPTIONS')]).toEqual([403, 200, 200]);
    },
  },
  {
    row: 'spoe',
    what: 'goes on without an agent that is away, and says so in a variable and the log',
    keys: ['spoe-agents.*.option.set-on-error', 'spoe-agents.*.option.var-prefix', 'spoe-agents.*.log'],
    document: judged(
      `    messages: { check: { args: { ip: src }, event: ${request} } }
    option: { set-on-error: error, var-prefix: rep }
    log: [{ address: "${collector}:514", format: raw }]`,
      `${asked}    http-request: [{ set-header: { X-Error: "%[var(txn.rep.error)]" } }, { deny: 403, if: { "var(txn.rep.score)": { lt: 20 } } }]`,
    ),
    directive: /^ {4}option set-on-error .*\n/,
    prepare: async (stage) => {
      await away?.(stage);
      await stage.peer.collector({ name: 'agents', address: collector, port: 514, kind: 'udp' });
    },
    prove: async (stage) => {
      const { status, body } = await get(stage, '/', { from: clients.blocked });
      expect(status).toBe(200);
      expect((await stage.peer.logged('agents', 1)).join('\n')).toMatch(/SPOE: \[judge\] <EVENT:on-frontend-http-request> sid=\d+ st=1 /);
      // the answer did not come in time (SPOE.txt, 2.2 "set-on-error")
      expect(seen(body).headers['x-error']).toBe('1');
    },
  },
  {
    row: 'spoe',
    what: 'waits no longer for an answer than it is told, and asks again after an error',
    keys: ['spoe-agents.*.timeout.processing', 'spoe-agents.*.option.continue-on-error', 'backends.*.filter spoe'],
    document: judged(
      `    messages:
      slow: { args: { ms: "int(3000)" }, event: ${request} }
      check: { args: { ip: src }, event: on-http-response }
    timeout: { processing: 100ms }
    option: { continue-on-error: true }`,
      `${asked}    http-response: [{ set-header: { X-Score: "%[var(txn.judge.score)]" } }]`,
    ),
    directive: /^ {4}option continue-on-error\n/,
    prepare: up,
    prove: async (stage) => {
      const { status, headers, ms } = await get(stage, '/');
      expect(status).toBe(200);
      expect(ms).toBeLessThan(1000);
      expect(headers['x-score']).toBe('90');
    },
  },
  {
    row: 'spoe',
    what: 'takes the time of an answer, and of all of them',
    keys: ['spoe-agents.*.option.set-process-time', 'spoe-agents.*.option.set-total-time'],
    document: judged(
      `    messages: { check: { args: { ms: "int(60)" }, event: ${request} } }
    option: { set-process-time: ms, set-total-time: all }`,
      `${asked}    http-request: [{ set-header: { X-Ms: "%[var(txn.judge.ms)]", X-All: "%[var(txn.judge.all)]" } }]`,
    ),
    directive: /^ {4}option set-(?:process|total)-time .*\n/,
    prepare: up,
    prove: async (stage) => {
      const { headers } = seen((await get(stage, '/')).body);
      expect(Number(headers['x-ms'])).toBeGreaterThan(50);
      expect(Number(headers['x-all'])).toBeGreaterThan(50);
    },
  },
  ...[
    {
      what: 'that are registered',
      key: 'register-var-names',
      line: 'register-var-names: [motto]',
      directive: /^ {4}register-var-names .*\n/,
    },
    { what: 'of its own', key: 'option.force-set-var', line: 'option: { force-set-var: true }', directive: /^ {4}option force-set-var\n/ },
  ].map(
    ({ what, key, line, directive }): Proof => ({
      row: 'spoe',
      what: `lets an agent set variables ${what}`,
      keys: [`spoe-agents.*.${key}`],
      document: judged(`    messages: { check: { args: { sets: str(proc.motto) }, event: ${request} } }\n    ${line}`, asked),
      directive,
      prepare: up,
      prove: async (stage) => {
        await get(stage, '/');
        expect(await stage.haproxy.ask('get var proc.judge.motto')).toContain('value=<told>');
      },
    }),
  ),
  {
    row: 'spoe',
    what: 'asks an agent from a backend, about a response, and greets it in its health check',
    keys: ['backends.*.filter spoe', 'backends.*.check.spop'],
    document: judged(
      '    messages: { check: { args: { ip: src, status: status }, event: on-http-response } }',
      '',
      '    filter spoe: [judge]\n    http-response: [{ set-header: { X-Score: "%[var(txn.judge.score)]" } }]',
      '',
    ).replace(`    check: false\n    servers: { agent1`, '    check: { spop: true, inter: 50ms, rise: 1 }\n    servers: { agent1'),
    directive: /^ {4}filter spoe .*\n/,
    prepare: up,
    prove: async (stage) => {
      expect((await get(stage, '/')).headers['x-score']).toBe('90');
      expect((await told(stage))[0]?.messages).toEqual({ check: { ip: clients.usual, status: '200' } });
    },
  },
];
