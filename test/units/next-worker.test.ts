import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Appliance, startAppliance } from './appliance.ts';

const document = `version: 1
nodes:
  lb1: { links: { front: { mac: 52:54:00:00:00:01, addresses: [192.0.2.1/24] } } }
stick-tables:
  clients: { type: ip, size: 1k, expire: 10m, store: [http_req_cnt] }
frontends:
  web:
    bind: [{ address: 192.0.2.1, port: 80 }]
    http-request: [{ track-sc0: src, table: clients }]
    default_backend: app
backends:
  app: { servers: { app1: 192.0.2.254:8081, app2: 192.0.2.254:8082 } }
`;

let box: Appliance;
beforeAll(async () => {
  box = await startAppliance();
  expect(await box.weir(['apply', '-'], document)).toMatchObject({ code: 0 });
  const server =
    'for (const port of [8081, 8082]) require("node:http").createServer((_, r) => r.end(`${port}`)).listen(port, "192.0.2.254")';
  void box.world.run(['node', '-e', server], { timeoutMs: 120_000 });
});
afterAll(async () => box?.stop());

const fetch = async () => (await box.world.run(['curl', '-s', '-m', '2', 'http://192.0.2.1/'])).stdout;
const ask = (command: string) => box.sh(`echo '${command}' | socat - UNIX-CONNECT:/run/weir/haproxy.sock`);
const requests = async () =>
  Number(
    (await box.sh("echo 'show stat web 1 -1 typed' | socat - UNIX-CONNECT:/run/weir/haproxy.sock")).match(
      /\.req_tot\.\d+:\S*:u64:(\d+)/,
    )?.[1],
  );
const known = async () => Number(/http_req_cnt=(\d+)/.exec(await ask('show table clients'))?.[1] ?? 0);
const app1 = async () =>
  (await ask('show servers state app'))
    .split('\n')
    .find((line) => line.includes(' app1 '))
    ?.split(' ')[6];

test('both servers answer', async () => {
  await expect.poll(fetch, { timeout: 10_000 }).toBe('8081');
  await expect.poll(fetch).toBe('8082');
});

test.each([
  ['the change of a document', async () => (await box.weir(['apply', '-'], document.replace('10m', '11m'))).code],
  [
    'a change without the agent',
    async () => (await box.run(['sh', '-c', 'systemctl stop weir-agent && /usr/lib/weir/activate haproxy'])).code,
  ],
  ['a reload by systemd', async () => (await box.run(['systemctl', 'reload', 'haproxy'])).code],
])('%s keeps tables, counters and drained servers', async (_, change) => {
  await ask('set server app/app1 state drain');
  for (let turn = 0; turn < 5; turn++) expect(await fetch()).toBe('8082');
  const [had, counted, before] = [await known(), await requests(), await box.sh('pidof haproxy')];
  expect(had).toBeGreaterThanOrEqual(5);
  expect(await change()).toBe(0);
  await expect.poll(() => box.sh('pidof haproxy'), { timeout: 10_000 }).not.toBe(before);
  await expect.poll(known, { timeout: 5000 }).toBe(had);
  expect(await requests()).toBe(counted);
  expect(await app1()).toBe('8');
  expect(await fetch()).toBe('8082');
});

test('a restart counts anew, and sends nothing to a drained server', async () => {
  expect((await box.run(['systemctl', 'restart', 'haproxy'])).code).toBe(0);
  expect(await requests()).toBe(0);
  for (let turn = 0; turn < 4; turn++) expect(await fetch()).toBe('8082');
});

test("only root and HAProxy's group come to the socket where tables are taught, and what is kept is root's", async () => {
  expect(await box.sh('stat -c "%a %U:%G" /run/weir/peers /run/weir/haproxy.stats /run/weir/haproxy.servers')).toBe(
    '710 root:haproxy\n600 root:root\n600 root:root\n',
  );
  expect(
    (
      await box.run([
        'setpriv',
        '--reuid=admin',
        '--regid=weir',
        '--clear-groups',
        'socat',
        '-u',
        'UNIX-CONNECT:/run/weir/peers/local.sock',
        '-',
      ])
    ).stderr,
  ).toContain('Permission denied');
  expect(await box.sh('ls -A /run/weir | grep keep')).toBe('');
});
