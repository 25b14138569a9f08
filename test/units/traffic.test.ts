import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Appliance, startAppliance } from './appliance.ts';

const document = `version: 1
nodes:
  lb1: { links: { front: { mac: 52:54:00:00:00:01, addresses: [192.0.2.1/24] } } }
stick-tables:
  clients: { type: ip, size: 1k, expire: 10m, store: [http_req_cnt] }
  tokens: { type: string, length: 40, size: 1k, expire: 10m, store: [http_req_cnt] }
frontends:
  web:
    bind: [{ address: 192.0.2.1, port: 80 }]
    http-request: [{ track-sc0: src, table: clients }, { track-sc1: req.hdr(x-token), table: tokens }]
    default_backend: app
backends:
  app: { servers: { app1: 192.0.2.254:8081 } }
`;

let box: Appliance;
beforeAll(async () => {
  box = await startAppliance();
});
afterAll(async () => box?.stop());

const said = async (...args: readonly string[]) => {
  const { code, stdout, stderr } = await box.weir(args);
  return { code, text: `${stdout}${stderr}` };
};
const json = async (...args: readonly string[]) => JSON.parse((await box.weir([...args, '--json'])).stdout);
const as = (user: string, ...args: readonly string[]) =>
  box.run(['setpriv', `--reuid=${user}`, '--regid=nogroup', '--clear-groups', 'weir', ...args]);

test('without a document there is no HAProxy to ask, which is said', async () => {
  for (const args of [['backend', 'show'], ['sessions'], ['table', 'show'], ['top']])
    expect(await said(...args)).toEqual({ code: 2, text: expect.stringContaining('HAProxy does not run here') });
});

test('a backend, its servers and its sessions are told, and what is not there is not', async () => {
  expect(await box.weir(['apply', '-'], document)).toMatchObject({ code: 0 });
  const server =
    'require("node:http").createServer((q, r) => setTimeout(() => r.end("app1"), q.url === "/slow" ? 8000 : 0)).listen(8081, "192.0.2.254")';
  void box.world.run(['node', '-e', server], { timeoutMs: 120_000 });
  const get = (...more: readonly string[]) => box.world.run(['curl', '-s', '-m', '20', ...more]);
  await expect.poll(async () => (await get('http://192.0.2.1/')).stdout, { timeout: 10_000 }).toBe('app1');
  const slow = get('http://192.0.2.1/slow');
  await expect.poll(async () => (await json('sessions')).count, { timeout: 5000 }).toBe(1);
  expect(await json('sessions', '--server', 'app1', '--source', '192.0.2.0/24')).toMatchObject({
    version: 1,
    sessions: [{ client: { address: '192.0.2.254' }, frontend: 'web', backend: 'app', server: 'app1', protocol: 'tcpv4' }],
  });
  expect((await json('sessions', '--source', '198.51.100.0/24')).count).toBe(0);
  expect((await said('sessions')).text).toMatch(/\n192\.0\.2\.254:\d+ +web +app +app1 +\d+s /);
  expect((await said('backend', 'show', 'app')).text).toMatch(/\napp1 +192\.0\.2\.254:8081 +UP .* 1 /);
  expect(await json('backend', 'show')).toMatchObject({ backends: [{ name: 'app', servers: [{ name: 'app1', sessions: 1 }] }] });
  expect(await said('backend', 'show', 'ap')).toMatchObject({
    code: 2,
    text: expect.stringMatching(/no backend "ap"\n.*did you mean "app"/),
  });
  expect(await said('sessions', '--frontend', 'wep')).toMatchObject({ code: 2, text: expect.stringContaining('did you mean "web"') });
  await slow;
});

test('rates are those of the time between two looks', async () => {
  const load = box.world.run(['sh', '-c', 'for n in $(seq 60); do curl -s -m 2 http://192.0.2.1/ >/dev/null; sleep 0.05; done'], {
    timeoutMs: 60_000,
  });
  const { rates, seconds } = await json('top', '--interval', '2s');
  expect(seconds).toBeGreaterThan(1.9);
  const web = rates.find((one: { readonly kind: string }) => one.kind === 'frontend');
  expect(web.requestRate).toBeGreaterThan(2);
  expect(web.requestRate).toBeLessThan(21);
  expect(web.bytesOutRate).toBeGreaterThan(web.requestRate * 50);
  expect((await said('top', '--count', '2')).text.match(/\nserver +app\/app1 /g)).toHaveLength(2);
  await load;
});

test('a table shows its entries, also those whose keys look like commands', async () => {
  for (const token of ['plain', 'a b;set server app/app1 state maint', 'x\\y', '<<'])
    await box.world.run(['curl', '-s', '-m', '2', '-H', `x-token: ${token}`, 'http://192.0.2.1/']);
  expect((await said('table', 'show')).text).toMatch(/\nclients +ip +1 +1024\ntokens +string +4 +1024\n/);
  expect((await json('table', 'show', 'clients', '192.0.2.254')).entries).toMatchObject([
    { key: '192.0.2.254', data: { http_req_cnt: expect.any(Number) } },
  ]);
  expect((await json('table', 'show', 'tokens', '--by', 'http_req_cnt')).count).toBe(4);
  for (const key of ['a b;set server app/app1 state maint', 'x\\y', '<<'])
    expect((await json('table', 'show', 'tokens', key)).entries).toMatchObject([{ key }]);
  expect((await json('backend', 'show', 'app')).backends[0].servers[0].status).toBe('UP');
  expect(await said('table', 'show', 'client')).toMatchObject({ code: 2, text: expect.stringContaining('did you mean "clients"') });
  expect(await said('table', 'show', 'clients', 'nobody')).toMatchObject({ code: 2, text: expect.stringContaining('not a key') });
  expect(await said('table', 'show', 'clients', '198.51.100.7')).toMatchObject({ code: 2, text: expect.stringContaining('no entry') });
});

test('a table forgets one client, or all that are told to it, and says who asked in the log', async () => {
  expect(await said('table', 'clear', 'tokens')).toMatchObject({ code: 2, text: expect.stringContaining('say --yes') });
  expect(await said('table', 'clear')).toMatchObject({ code: 2, text: expect.stringContaining('which table?') });
  expect(await said('table', 'clear', 'token', '--yes')).toMatchObject({ code: 2, text: expect.stringContaining('did you mean "tokens"') });
  expect(await said('table', 'clear', 'clients', '198.51.100.7')).toMatchObject({ code: 2, text: expect.stringContaining('no entry') });
  expect((await json('table', 'show', 'tokens')).count).toBe(4);
  const { entries } = await json('table', 'show', 'tokens');
  expect(await said('table', 'clear', 'tokens', entries[0].key)).toMatchObject({ code: 0, text: expect.stringContaining('is removed') });
  expect((await json('table', 'show', 'tokens')).count).toBe(3);
  expect(await json('table', 'clear', 'tokens', '--yes')).toMatchObject({
    version: 1,
    table: 'tokens',
    key: null,
    before: 3,
    after: 0,
    notes: [],
  });
  expect((await json('table', 'show', 'tokens')).count).toBe(0);
  expect((await json('table', 'show', 'clients', '192.0.2.254')).entries).toHaveLength(1);
  expect(await box.sh('journalctl -u weir-agent --no-pager -o cat')).toMatch(/"name":"tokens","key":null,"by":"root"/);
});

test('everybody may see what the servers do, and who the clients are only those who may change the machine', async () => {
  expect((await as('nobody', 'backend', 'show')).code).toBe(0);
  expect((await as('nobody', 'top')).code).toBe(0);
  for (const args of [['sessions'], ['table', 'show'], ['table', 'show', 'tokens']])
    expect(await as('nobody', ...args)).toMatchObject({ code: 2, stderr: expect.stringContaining("you may not ask this machine's agent") });
});

test('without the agent it is said that it is not running', async () => {
  await box.sh('systemctl stop weir-agent');
  expect(await said('top')).toMatchObject({ code: 2, text: expect.stringContaining('agent') });
});
