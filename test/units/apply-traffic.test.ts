import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Appliance, startAppliance } from './appliance.ts';

let box: Appliance;
beforeAll(async () => {
  box = await startAppliance();
});
afterAll(async () => box?.stop());

/** A pair's document, seen from lb1, whose frontend listens on one port of the VIP; or the same without a peer. */
function document(port: number, peer = true): string {
  const lb2 = '  lb2: { links: { front: { mac: 52:54:00:00:00:02, addresses: [192.0.2.2/24] } } }\n';
  return `version: 1
nodes:
  lb1: { links: { front: { mac: 52:54:00:00:00:01, addresses: [192.0.2.1/24] } } }
${peer ? `${lb2}vrrp: { site: { link: front, virtual_router_id: 51, advert: fast, prefer: lb1 } }\n` : ''}vips: { www: { ${peer ? 'vrrp: site' : 'link: front'}, addresses: [192.0.2.100] } }
frontends:
  web: { mode: tcp, bind: [{ vip: www, port: ${port} }], default_backend: app }
backends:
  app: { check: { inter: 500ms, rise: 1 }, servers: { app1: 192.0.2.254:8081 } }
`;
}

/** A client that says a word every 100 ms for `seconds` over one connection to a server that repeats it, and then how many words it got back. */
const talker = (seconds: number) => `
  const net = require('node:net');
  const server = net.createServer((socket) => socket.pipe(socket)).listen(8081, '192.0.2.254');
  setTimeout(() => {
    let got = 0, said = 0;
    const client = net.connect(80, '192.0.2.100');
    client.on('data', (data) => (got += data.length));
    client.on('error', (error) => console.log(error.message));
    const timer = setInterval(() => { client.write('x'); said++; }, 100);
    setTimeout(() => { clearInterval(timer); setTimeout(() => { console.log(said + ' said, ' + got + ' heard'); process.exit(); }, 500); }, ${seconds} * 1000);
  }, 2500);
`;

const owns = () => box.sh('ip -br addr show front | grep -c 192.0.2.100');

test('a node of a pair takes the VIP by keepalived, and networkd leaves it alone', async () => {
  expect(await box.weir(['apply', '-'], document(80))).toMatchObject({ code: 0 });
  await expect.poll(owns, { timeout: 15_000 }).toBe('1\n');
  expect(await box.sh('systemctl is-active keepalived; grep -c 192.0.2.100 /run/systemd/network/30-front.network')).toBe('active\n0\n');
});

test('a frontend whose port goes serves its connections to their end, and takes no new one', async () => {
  const talk = box.world.run(['node', '-e', talker(9)], { timeoutMs: 60_000 });
  await expect.poll(() => box.sh("ss -Htn state established '( sport = :80 )' | wc -l"), { timeout: 10_000 }).toBe('1\n');
  expect(await box.weir(['apply', '-'], document(81))).toMatchObject({ code: 0 });
  expect((await box.world.run(['curl', '-sS', '-m', '1', 'http://192.0.2.100/'])).code).not.toBe(0);
  expect((await box.weir(['status'])).stdout).toContain('1 old worker');
  const [, said, heard] = /^(\d+) said, (\d+) heard$/.exec((await talk).stdout.trim()) ?? [];
  expect(Number(said)).toBeGreaterThan(80);
  expect(heard).toBe(said);
});

test('a pair that becomes a single node keeps its VIP, held by networkd now, and back', async () => {
  expect(await box.weir(['apply', '-'], document(81, false))).toMatchObject({ code: 0 });
  expect(await box.sh('systemctl is-active keepalived; ip -br addr show front | grep -o 192.0.2.100/32')).toBe(
    'inactive\n192.0.2.100/32\n',
  );
  expect(await box.weir(['rollback'])).toMatchObject({ code: 0 });
  await expect
    .poll(() => box.sh('systemctl is-active keepalived; ip -br addr show front | grep -o 192.0.2.100/32'), { timeout: 15_000 })
    .toBe('active\n192.0.2.100/32\n');
  expect(await box.settled()).toMatchObject({ state: 'as confirmed', drift: [], warnings: [] });
});

test('the shell tool, where nothing is to be brought back, loses no request', async () => {
  const server =
    'require("node:http").createServer((_, response) => response.end("app1")).listen(8081, "192.0.2.254"); setTimeout(process.exit, 15000)';
  const serving = box.world.run(['node', '-e', server], { timeoutMs: 60_000 });
  const ask = 'curl -s -m 2 http://192.0.2.100:81/';
  await expect.poll(async () => (await box.world.run(['sh', '-c', ask])).stdout, { timeout: 10_000 }).toBe('app1');
  const load = box.world.run(['sh', '-c', `for n in $(seq 300); do ${ask} || echo -n LOST; echo; done | sort | uniq -c`], {
    timeoutMs: 60_000,
  });
  expect(await box.run(['/usr/lib/weir/restore'])).toMatchObject({ code: 0 });
  expect((await load).stdout.trim()).toBe('300 app1');
  await serving;
});

test('the shell tool makes a pair again of what a change made a single node, and the VIP comes last', async () => {
  const applying = box.weir(['apply', '-', '--confirm', '60s'], document(81, false));
  await expect.poll(() => box.sh('systemctl list-timers --no-legend "weir-guard*"'), { timeout: 15_000 }).toContain('weir-guard-confirm');
  expect(await box.sh('systemctl is-active keepalived')).toBe('inactive\n');
  const [from] = (await box.sh('date +%s')).split('\n');
  expect(await box.run(['/usr/lib/weir/restore'])).toMatchObject({ code: 0 });
  const said = await box.sh(
    `journalctl -o cat --since=@${from} -u keepalived -u systemd-networkd --grep '^(Starting keepalived|front: Reconf)'`,
  );
  expect(said).toMatch(/(^|\n)front: Reconf[^\n]*\nStarting keepalived[^\n]*\n$/);
  expect((await applying).code).toBe(1);
  await expect.poll(owns, { timeout: 15_000 }).toBe('1\n');
  expect(await box.sh('systemctl is-active keepalived')).toBe('active\n');
  expect(await box.settled()).toMatchObject({ state: 'as confirmed', drift: [], warnings: [] });
});
