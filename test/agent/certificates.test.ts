import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
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
