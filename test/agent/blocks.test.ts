import { afterEach, expect, test } from 'vitest';
import type { World } from '../../appliance/host/fake.ts';
import { textFile } from '../../appliance/state/host-state.ts';
import { freshWorld } from '../apply/machine.ts';
import { document, type RunningAgent, startAgent } from './running.ts';

const running: RunningAgent[] = [];
afterEach(async () => {
  for (const agent of running.splice(0)) await agent.stop();
});

async function agentOn(on: World, programs?: Parameters<typeof startAgent>[2]): Promise<RunningAgent> {
  on.files.set('/proc/uptime', textFile('1000.25 2000.00\n'));
  const agent = await startAgent(on, undefined, programs);
  running.push(agent);
  return agent;
}

const lineOf = (on: World) => `${on.files.get('/run/weir/blocks')?.content}`.split('\n').filter((line) => !line.startsWith('#'));
const pair = `version: 1
nodes:
  lb1: { links: { front: { mac: 52:54:00:00:00:01, addresses: [192.0.2.1/24] } } }
  lb2: { links: { front: { mac: 52:54:00:00:00:02, addresses: [192.0.2.2/24] } } }
vrrp: { site: { link: front, virtual_router_id: 51 } }
vips: { www: { vrrp: site, addresses: [192.0.2.100] } }
frontends:
  web: { mode: tcp, bind: [{ vip: www, port: 80 }], default_backend: app }
backends:
  app: { servers: { app1: 192.0.2.254:8081 } }
`;

test('a block is told to the firewall with its end by the clock of the boot, and to the status with its author and its time', async () => {
  const on = freshWorld();
  const agent = await agentOn(on);
  expect(await agent.post('/block', { networks: ['9.9.9.0/24'] })).toMatchObject({
    status: 409,
    lines: [{ reasons: [expect.stringContaining('no document is confirmed yet')] }],
  });
  await agent.post('/apply', { config: document() });
  const { status, lines } = await agent.post('/block', { networks: ['9.9.9.7/24'], seconds: 3600, by: 'alice' });
  expect({ status, lines }).toMatchObject({ status: 200, lines: [{ changed: [{ network: '9.9.9.0/24', by: 'alice', end: 4600 }] }] });
  expect(lineOf(on)).toEqual(['4600 blocked4 9.9.9.0-9.9.9.255', '']);
  expect(on.transcript).toContain('run /usr/lib/weir/activate blocks');
  on.nowMs += 2000;
  expect((await agent.get('/status')).lines[0]).toMatchObject({
    state: 'as confirmed',
    drift: [],
    blocks: [{ network: '9.9.9.0/24', by: 'alice', until: expect.stringMatching(/^20/) }],
  });
  on.files.set('/proc/uptime', textFile('4600.00 1.00\n'));
  expect((await agent.get('/blocks')).lines[0].blocks).toEqual([]);
});

test('a block that the firewall does not take leaves those of before', async () => {
  const on = freshWorld();
  let isBroken = false;
  const agent = await agentOn(on, {
    '/usr/lib/weir/activate': ({ args }) => (isBroken && args[0] === 'blocks' ? { exitCode: 1, stderr: 'no' } : null),
  });
  await agent.post('/apply', { config: document() });
  await agent.post('/block', { networks: ['9.9.9.9'], by: 'alice' });
  const before = `${on.files.get('/run/weir/blocks')?.content}`;
  isBroken = true;
  expect(await agent.post('/block', { networks: ['8.8.8.8'] })).toMatchObject({
    status: 500,
    lines: [{ reasons: ['the firewall does not take it: no'] }],
  });
  expect(await agent.post('/unblock', { networks: ['9.9.9.9'] })).toMatchObject({ status: 500 });
  expect(`${on.files.get('/run/weir/blocks')?.content}`).toBe(before);
});

test('two at once are both there', async () => {
  const on = freshWorld();
  const agent = await agentOn(on);
  await agent.post('/apply', { config: document() });
  await Promise.all([agent.post('/block', { networks: ['9.9.9.9'] }), agent.post('/block', { networks: ['8.8.8.8'] })]);
  expect(lineOf(on)).toEqual(['- blocked4 8.8.8.8', '- blocked4 9.9.9.9', '']);
});

test('a document whose other node is blocked is refused until the block is removed', async () => {
  const on = freshWorld();
  const agent = await agentOn(on);
  await agent.post('/apply', { config: document() });
  expect(await agent.post('/block', { networks: ['192.0.2.0/30'], by: 'alice' })).toMatchObject({ status: 200 });
  expect((await agent.post('/apply', { config: pair, yes: true })).lines.at(-1)).toMatchObject({
    outcome: {
      kind: 'refused',
      reasons: ['192.0.2.0/30, which alice blocked, holds 192.0.2.2, the other node of this document: weir block remove 192.0.2.0/30'],
    },
  });
  await agent.post('/unblock', { networks: ['all'] });
  // The fake machine has no links of this document, which is seen only after it was taken.
  expect((await agent.post('/apply', { config: pair, yes: true })).lines.at(-1).outcome.kind).toBe('rolled-back');
});
