import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import type { World } from '../../appliance/host/fake.ts';
import { secretFile, textFile } from '../../appliance/state/host-state.ts';
import { freshWorld } from '../apply/machine.ts';
import { document, type RunningAgent, startAgent } from './running.ts';

const running: RunningAgent[] = [];
afterEach(async () => {
  for (const agent of running.splice(0)) await agent.stop();
});

/** Ends on 2126-10-30. */
const pem = readFileSync(join(import.meta.dirname, '../support/files/certificates/shop.pem'));
const config = document(8081, 'certificates: { shop: { pem: shop.pem } }\n').replace(
  '{ address: "*:80" }',
  '{ address: "*:443", ssl: [shop] }',
);
const request = `${JSON.stringify({ config, files: { certificates: { 'shop.pem': pem.length } } })}\n${pem}`;

test('an agent that nobody touches says in time which certificate ends', async () => {
  const on = freshWorld();
  const agent = await startAgent(on);
  running.push(agent);
  expect((await agent.post('/apply', request)).lines.at(-1)).toMatchObject({ outcome: { kind: 'confirmed' } });
  const levelAt = async (time: string) => {
    on.nowMs = Date.parse(time);
    return (await agent.get('/status')).lines[0].expiring.map(({ file, level }: { file: string; level: string }) => `${file} ${level}`);
  };
  expect(await levelAt('2126-09-29T00:00:00Z')).toEqual([]);
  expect(await levelAt('2126-10-01T00:00:00Z')).toEqual(['shop.pem soon']);
  expect(await levelAt('2126-10-20T00:00:00Z')).toEqual(['shop.pem near']);
  expect(await levelAt('2126-10-28T00:00:00Z')).toEqual(['shop.pem urgent']);
  expect(await levelAt('2126-10-31T00:00:00Z')).toEqual(['shop.pem expired']);
});

test('the list of certificates says what each is for, when it ends and which binds offer it', async () => {
  const on = freshWorld();
  const agent = await startAgent(on);
  running.push(agent);
  expect((await agent.get('/certificates')).lines[0]).toMatchObject({ certificates: [], unreadable: [] });
  await agent.post('/apply', request);
  expect((await agent.get('/certificates')).lines[0]).toMatchObject({
    certificates: [{ name: 'shop', file: 'shop.pem', binds: ['web *:443'], level: null, notAfter: '2126-10-30T05:47:52.000Z' }],
    unreadable: [],
  });
});

describe('a certificate that is installed', () => {
  const chain = (name: string) => readFileSync(join(import.meta.dirname, '../support/files/chain', name), 'utf8');
  const withKey = `${chain('leaf.crt')}${chain('leaf.key')}`;
  const agentOn = async (on: World) => {
    const agent = await startAgent(on);
    running.push(agent);
    on.nowMs = Date.parse('2026-11-23T00:00:00Z');
    return agent;
  };
  const install = async (agent: RunningAgent, name: string, text: string) =>
    (await agent.post('/certificates/install', { name, pem: text, by: 'alice' })).lines.at(-1);

  test('is a generation of the same document, and the file beside it', async () => {
    const on = freshWorld();
    const agent = await agentOn(on);
    await agent.post('/apply', request);
    expect(await install(agent, 'shop', withKey)).toMatchObject({ outcome: { kind: 'confirmed', generation: '2-lb1' } });
    const [beside, runs] = ['/data', '/run'].map((top) => agent.host.readBytes(`${top}/weir/certificates/shop.pem`, 10_000));
    expect(`${Buffer.from((await beside) ?? [])}`).toBe(`${Buffer.from((await runs) ?? [])}`);
    expect((await agent.get('/certificates')).lines[0].certificates).toMatchObject([{ name: 'shop', names: ['leaf.example'] }]);
    expect((await agent.get('/config')).lines[0].config).toBe(config);
    expect((await agent.get('/history')).lines[0].generations[0]).toMatchObject({ id: '2-lb1', by: 'alice' });
    expect(await install(agent, 'shop', withKey)).toMatchObject({ outcome: { kind: 'confirmed', changed: false } });
  });

  test('waits beside the document where that does not name it, and takes no file that it names for something else', async () => {
    const on = freshWorld();
    const agent = await agentOn(on);
    await agent.post(
      '/apply',
      request.replace('{ shop: { pem: shop.pem } }', '{ web: { pem: shop.pem } }').replace('ssl: [shop]', 'ssl: [web]'),
    );
    expect(await install(agent, 'api', withKey)).toMatchObject({
      kind: 'stored',
      file: 'api.pem',
      line: 'certificates: { api: { pem: api.pem } }',
    });
    expect(on.files.get('/data/weir/certificates/api.pem')).toMatchObject({ mode: 0o600 });
    expect(await install(agent, 'shop', withKey)).toMatchObject({
      outcome: { kind: 'refused', reasons: [expect.stringContaining('names certificates/shop.pem for something else')] },
    });
  });

  test('with a key of its own leaves a request of its name waiting, and the answer ends it', async () => {
    const on = freshWorld();
    const agent = await agentOn(on);
    on.files.set('/data/weir/requests/api.key', secretFile(chain('one.key')));
    on.files.set(
      '/data/weir/requests/api.json',
      textFile(JSON.stringify({ name: 'api', names: ['a'], key: 'EC P-256', by: 'a', since: '' })),
    );
    expect(await install(agent, 'api', withKey)).toMatchObject({ kind: 'stored' });
    expect(on.files.has('/data/weir/requests/api.key')).toBe(true);
    expect(await install(agent, 'api', chain('one.crt'))).toMatchObject({ kind: 'stored' });
    expect([...on.files.keys()].filter((path) => path.startsWith('/data/weir/requests/'))).toEqual([]);
  });
});
