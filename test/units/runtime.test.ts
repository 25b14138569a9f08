import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Appliance, startAppliance } from './appliance.ts';

const document = `version: 1
nodes:
  lb1: { links: { front: { mac: 52:54:00:00:00:01, addresses: [192.0.2.1/24] } } }
frontends:
  web:
    bind: [{ address: 192.0.2.1, port: 80 }]
    http-request:
      - { deny: 403, if: { src: { map: blocked } } }
      - { return: { status: 200, content-type: text/plain, lf-string: "%[path,map_str(answers)]" }, if: { path: { map: answers } } }
    default_backend: app
maps:
  blocked: { match: ip, file: blocked.map }
  answers: { file: answers.map }
backends:
  app:
    servers: # three of them
      app1: 192.0.2.254:8081 # the first
      app2: { address: 192.0.2.254:8082, weight: 2 }
      app3: 192.0.2.254:8083
`;

const server =
  'for (const port of [8081, 8082, 8083, 8084]) require("node:http").createServer((_, r) => r.end(`${port}`)).listen(port, port === 8084 ? "192.0.2.253" : "192.0.2.254")';

/** Asks with 16 connections, kept and not, for so many milliseconds; prints when each request was sent, when and by whom it was answered. */
const load = `
const http = require('node:http');
const asked = [];
let over = false;
const agent = new http.Agent({ keepAlive: true });
const one = (kept) => new Promise((resolve) => {
  const at = Date.now();
  const fail = (error) => { asked.push([at, Date.now(), error.code ?? error.message]); resolve(); };
  const request = http.get({ host: '192.0.2.1', port: 80, agent: kept ? agent : false, timeout: 5000 }, (response) => {
    let text = '';
    response.on('data', (piece) => { text += piece; });
    response.on('end', () => { asked.push([at, Date.now(), response.statusCode === 200 ? text : String(response.statusCode)]); resolve(); });
    response.on('error', fail);
  });
  request.on('error', fail);
});
const loop = async (kept) => { while (!over) { await one(kept); await new Promise((resolve) => setTimeout(resolve, 5)); } };
setTimeout(() => { over = true; }, Number(process.argv[1])).unref();
Promise.all(Array.from({ length: 16 }, (_, index) => loop(index % 2 === 0))).then(() => { agent.destroy(); console.log(JSON.stringify(asked)); });
`;

let box: Appliance;
beforeAll(async () => {
  box = await startAppliance();
  await box.world.run(['ip', 'address', 'replace', '192.0.2.253/24', 'dev', 'outside']);
  void box.world.run(['node', '-e', server], { timeoutMs: 900_000 });
  expect(await box.weir(['server', 'drain', 'app/app1'])).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('HAProxy does not run'),
  });
  await box.sh('mkdir -p /data/weir/maps && echo "198.51.100.0/24 old" > /data/weir/maps/blocked.map');
  await box.sh(`printf '# what is said\\n/one first\\n/two   second word\\n' > /data/weir/maps/answers.map`);
  expect(await box.weir(['apply', '-'], document)).toMatchObject({ code: 0 });
});
afterAll(async () => box?.stop());

const fetch = async () => (await box.world.run(['curl', '-s', '-m', '2', 'http://192.0.2.1/'])).stdout;
const states = async () => (await box.weir(['backend', 'show', 'app'])).stdout;
const ask = (command: string) => box.sh(`echo '${command}' | socat - UNIX-CONNECT:/run/weir/haproxy.sock`);
const many = async (times: number) => {
  const answers = [];
  for (let turn = 0; turn < times; turn++) answers.push(await fetch());
  return [...new Set(answers)].toSorted();
};
const must = async (...said: readonly string[]) => {
  const [args, input] = said[1] === '-' ? [said.slice(0, 2), said[2]] : [said, ''];
  const { code, stdout, stderr } = await box.weir(args, input);
  expect({ args, code, stderr }).toMatchObject({ code: 0 });
  return stdout;
};
const changes = async () => JSON.parse(await must('runtime', '--json')).changes;

describe('a server', () => {
  test('answers', async () => {
    await expect.poll(() => many(12), { timeout: 15_000 }).toEqual(['8081', '8082', '8083']);
  });

  test('that is drained, in maintenance or has another weight is told apart from the document, with author and age', async () => {
    expect(await must('server', 'drain', 'app/app1')).toBe('server app/app1: state drain, in the document ready\n');
    await must('server', 'maint', 'app/app3');
    await must('server', 'weight', 'app/app2', '3');
    expect(await many(6)).toEqual(['8082']);
    expect(await states()).toMatch(/app1 .* DRAIN.*\napp2 .* UP .* 3 .*\napp3 .* MAINT/);
    expect(await changes()).toMatchObject([
      { kind: 'server', backend: 'app', server: 'app1', what: 'state', value: 'drain', document: 'ready', by: 'root' },
      { server: 'app3', value: 'maint' },
      { server: 'app2', what: 'weight', value: 3, document: 2 },
    ]);
    expect((await box.weir(['status'])).stdout).toMatch(
      /not in doc +server app\/app1: state drain, in the document ready, since \S+ \(\d+s\) by root/,
    );
    expect(await box.settled()).toMatchObject({ state: 'as confirmed' });
    expect((await box.weir(['plan', '--check'])).code).toBe(0);
  });

  test('that is the last one up is not taken out unawares', async () => {
    for (const args of [
      ['drain', 'app/app2'],
      ['maint', 'app/app2'],
      ['weight', 'app/app2', '0'],
    ])
      expect(await box.weir(['server', ...args])).toMatchObject({
        code: 2,
        stderr: expect.stringContaining('the last server of its backend that is up'),
      });
    await must('server', 'drain', 'app/app2', '--yes');
    await must('server', 'ready', 'app/app2');
  });

  test.each([
    [['drain', 'ap/app1'], 'did you mean "app"?'],
    [['drain', 'app/ap1'], 'did you mean "app1"?'],
    [['drain', 'app'], 'not BACKEND/SERVER'],
    [['weight', 'app/app1', '257'], 'not a weight from 0 to 256'],
    [['weight', 'app/app1', '-1'], 'not a weight from 0 to 256'],
    [['weight', 'app/app1'], 'takes one value'],
    [['stop', 'app/app1'], 'there is: drain, maint'],
    [['drain', 'app/app1;show'], 'is wrong at server'],
    [['address', 'app/app1'], 'takes one value'],
    [['address', 'app/app1', 'name.example:80'], 'not an address, or an address with a port'],
    [['address', 'app/app1', '10.0.0.1:80;x'], 'not an address, or an address with a port'],
    [['address', 'app/app1', '10.0.0.1:0'], 'not an address, or an address with a port'],
    [['address', 'app/app1', '224.0.0.1:80'], 'a multicast address'],
  ])('%j is refused', async (args, reason) => {
    const before = await changes();
    expect(await box.weir(['server', ...args])).toMatchObject({ code: 2, stderr: expect.stringContaining(reason) });
    expect(await changes()).toEqual(before);
  });

  test('stays so over a reload, a restart and a crash, and is as the document says again when that is asked', async () => {
    await must('server', 'drain', 'app/app1');
    await must('server', 'maint', 'app/app3');
    await must('server', 'weight', 'app/app2', '3');
    for (const event of [
      '/usr/lib/weir/activate haproxy',
      'systemctl restart haproxy',
      'kill -KILL $(systemctl show -P MainPID haproxy)',
    ]) {
      await box.sh(event);
      await expect.poll(() => many(4), { timeout: 15_000 }).toEqual(['8082']);
      expect(await ask('get weight app/app2')).toContain('3 (initial 2)');
    }
    expect(await must('runtime', 'forget', 'app/app1')).toContain('forgotten: server app/app1');
    await expect.poll(() => many(12), { timeout: 10_000 }).toEqual(['8081', '8082']);
    // another part of the document changes, and then what it says of this very server
    await must('apply', '-', document.replace('three of them', '3'));
    expect(await ask('get weight app/app2')).toContain('3 (initial 2)');
    const { code, stdout, stderr } = await box.weir(['apply', '-'], document.replace('weight: 2', 'weight: 4'));
    expect({ code, text: `${stdout}${stderr}` }).toMatchObject({
      code: 0,
      text: expect.stringContaining('is forgotten, the document says it anew'),
    });
    expect(await ask('get weight app/app2')).toContain('4 (initial 4)');
    expect(await changes()).toMatchObject([{ server: 'app3', value: 'maint' }]);
    await must('apply', '-', document);
    await must('server', 'weight', 'app/app2', '3');
    await must('runtime', 'forget');
    expect(await changes()).toEqual([]);
    expect(await ask('get weight app/app2')).toContain('2 (initial 2)');
    expect(await must('runtime')).toContain('Nothing is otherwise');
    expect(await box.weir(['runtime', 'forget', 'app/app1'])).toMatchObject({ code: 2 });
    await expect.poll(() => many(12), { timeout: 10_000 }).toEqual(['8081', '8082', '8083']);
  });

  test('moves to another address and port, and is there after a reload, a crash and another document, which is no drift', async () => {
    expect(await must('server', 'address', 'app/app1', '192.0.2.253:8084')).toBe(
      'server app/app1: address 192.0.2.253:8084, in the document 192.0.2.254:8081\n',
    );
    // the port that it has
    expect(await must('server', 'address', 'app/app1', '192.0.2.253')).toContain('192.0.2.253:8084');
    const here = async () => expect.poll(() => many(12), { timeout: 15_000 }).toEqual(['8082', '8083', '8084']);
    for (const event of ['true', '/usr/lib/weir/activate haproxy', 'kill -KILL $(systemctl show -P MainPID haproxy)']) {
      await box.sh(event);
      await here();
    }
    expect((await box.weir(['status'])).stdout).toMatch(
      /not in doc +server app\/app1: address 192\.0\.2\.253:8084, in the document .* by root/,
    );
    expect(await box.settled()).toMatchObject({ state: 'as confirmed', drift: [] });
    expect((await box.weir(['plan', '--check'])).code).toBe(0);
    expect(await box.weir(['block', '192.0.2.253'])).toMatchObject({ code: 2, stderr: expect.stringContaining('a server of a backend') });
    await must('apply', '-', document.replace('weight: 2', 'weight: 4'));
    await here();
    // what the confirmed document says is laid by a tool that knows nothing of it; the agent knows
    await box.sh('/usr/lib/weir/restore');
    await box.sh('systemctl restart weir-agent');
    await here();
    // the document says something of this very server
    const { code, stdout, stderr } = await box.weir(['apply', '-'], document.replace(':8081', ':8083'));
    expect({ code, text: `${stdout}${stderr}` }).toMatchObject({
      code: 0,
      text: expect.stringContaining('is forgotten, the document says it anew'),
    });
    expect(await changes()).toEqual([]);
    await expect.poll(() => many(12), { timeout: 15_000 }).toEqual(['8082', '8083']);
    await must('apply', '-', document);
    await must('server', 'address', 'app/app1', '192.0.2.253:8084');
    await here();
    await must('runtime', 'forget', 'app/app1');
    await expect.poll(() => many(12), { timeout: 10_000 }).toEqual(['8081', '8082', '8083']);
    expect(await box.settled()).toMatchObject({ state: 'as confirmed', drift: [] });
    expect(await box.sh('ls /run/weir/moved.nft 2>/dev/null')).toBe('');
  });

  test('that is drained gets not one request of a load, whatever reloads meanwhile', async () => {
    const loading = box.world.run(['node', '-e', load, '22000'], { timeoutMs: 60_000 });
    await new Promise((resolve) => setTimeout(resolve, 8000));
    // begun in the middle of a reload: the new worker must know of it too, and the old one must serve no longer
    const reloading = box.sh('/usr/lib/weir/activate haproxy');
    await must('server', 'drain', 'app/app1');
    const from = Date.now();
    await reloading;
    for (let turn = 0; turn < 3; turn++) await box.sh('/usr/lib/weir/activate haproxy');
    expect((await box.weir(['apply', '-'], document.replace('# the first', '# one').replace('weight: 2', 'weight: 4'))).code).toBe(0);
    const until = Date.now();
    await must('runtime', 'forget');
    const asked = JSON.parse((await loading).stdout) as readonly (readonly [sent: number, answered: number, by: string])[];
    // a kept connection may end while a client uses it again (RFC 9112, 9.3.1): that is the client's to try again, an error that is answered is not
    expect(asked.filter(([, , by]) => /^[345]\d\d$/.test(by))).toEqual([]);
    expect(asked.filter(([, answered, by]) => answered < from - 500 && by === '8081').length).toBeGreaterThan(20);
    const during = asked.filter(([sent, answered]) => sent >= from && answered < until);
    expect(during.length).toBeGreaterThan(500);
    expect(during.filter(([, , by]) => by === '8081').map(([sent, answered]) => [sent - from, answered - from])).toEqual([]);
    await expect.poll(() => many(12), { timeout: 10_000 }).toEqual(['8081', '8082', '8083']);
  });
});

describe('a map', () => {
  const say = async (path: string) => (await box.world.run(['curl', '-s', '-m', '2', `http://192.0.2.1${path}`])).stdout;
  const odd = 'a;b "c" \\d';

  test('takes a key, another value and a removal, which count at once and are told apart from the document', async () => {
    expect([await say('/one'), await say('/two')]).toEqual(['first', 'second word']);
    expect(await must('map', 'set', 'answers', '/one', 'other')).toBe('map answers /one is other\n');
    await must('map', 'set', 'answers', '/odd', odd);
    await must('map', 'del', 'answers', '/two');
    expect(JSON.parse(await must('map', 'show', 'answers', '--json')).entries).toEqual([
      { key: '/one', value: 'other' },
      { key: '/odd', value: odd },
    ]);
    expect([await say('/one'), await say('/odd'), await say('/two')]).toEqual(['other', odd, expect.stringMatching(/^808/)]);
    expect((await changes()).map((one: { key: string; by: string }) => [one.key, one.by])).toEqual([
      ['/one', 'root'],
      ['/odd', 'root'],
      ['/two', 'root'],
    ]);
    expect(await box.settled()).toMatchObject({ state: 'as confirmed', drift: [] });
  });

  test('keeps that over a reload, a crash and another document, which is no drift', async () => {
    const told = async () => [await say('/one'), await say('/odd'), await say('/two')];
    for (const event of ['/usr/lib/weir/activate haproxy', 'kill -KILL $(systemctl show -P MainPID haproxy)']) {
      await box.sh(event);
      await expect.poll(told, { timeout: 15_000 }).toEqual(['other', odd, expect.stringMatching(/^808/)]);
    }
    await must('apply', '-', document.replace('three of them', '3'));
    expect((await box.weir(['plan', '--check'])).code).toBe(0);
    expect(await told()).toEqual(['other', odd, expect.stringMatching(/^808/)]);
    expect(await box.settled()).toMatchObject({ state: 'as confirmed', drift: [] });
  });

  test('of addresses keeps out who is set in it, and takes nothing but addresses', async () => {
    await must('map', 'set', 'blocked', '192.0.2.254', 'me');
    expect(await say('/')).toContain('403');
    for (const [key, reason] of [
      ['nobody', 'matched by ip'],
      ['a b', 'one word'],
      ['#1', 'does not begin with #'],
    ] as const)
      expect(await box.weir(['map', 'set', 'blocked', key, 'x'])).toMatchObject({ code: 2, stderr: expect.stringContaining(reason) });
    await must('map', 'del', 'blocked', '192.0.2.254');
    expect(await say('/one')).toBe('other');
    expect(await box.weir(['map', 'set', 'blokced', '192.0.2.1', 'x'])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('did you mean "blocked"?'),
    });
    expect(await box.weir(['map', 'del', 'blocked', '192.0.2.7'])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('there is no key'),
    });
    expect(await box.weir(['map', 'show', 'blokced'])).toMatchObject({ code: 2 });
  });

  test('is as its file says again when that is asked', async () => {
    await must('runtime', 'forget', 'answers');
    expect([await say('/one'), await say('/two'), await say('/odd')]).toEqual(['first', 'second word', expect.stringMatching(/^808/)]);
    await must('runtime', 'forget');
    expect(await changes()).toEqual([]);
    expect(await box.sh('cmp /run/weir/maps/answers.map /data/weir/maps/answers.map && echo same')).toBe('same\n');
    expect(await box.settled()).toMatchObject({ state: 'as confirmed', drift: [] });
  });
});

describe('what was changed while it runs', () => {
  const confirmed = () => box.sh('cat /data/weir/confirmed/config.yaml');

  test('is written into the document with its comments, is applied as any other, and is no difference any more', async () => {
    expect(await box.weir(['runtime', 'keep'])).toMatchObject({ code: 2, stderr: expect.stringContaining('nothing is otherwise') });
    await must('apply', '-', document);
    await must('server', 'address', 'app/app1', '192.0.2.253:8084');
    await must('server', 'weight', 'app/app1', '50');
    await must('server', 'drain', 'app/app2');
    await must('server', 'maint', 'app/app3');
    await must('map', 'set', 'answers', '/one', 'kept');
    expect(await box.weir(['runtime', 'keep', 'app/app4'])).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/nothing of "app\/app4".*did you mean "app\/app\d"/),
    });
    expect(await confirmed()).toBe(document);
    // one of them first
    const { code, stderr } = await box.weir(['runtime', 'keep', 'app/app1']);
    expect({ code, stderr }).toMatchObject({ code: 0, stderr: expect.stringMatching(/write .*haproxy\.cfg[\s\S]*confirmed: generation/) });
    const first = document.replace('app1: 192.0.2.254:8081 # the first', 'app1: { address: 192.0.2.253:8084, weight: 50 } # the first');
    expect(await confirmed()).toBe(first);
    expect((await changes()).map((one: object) => Object.values(one).slice(0, 5))).toEqual([
      ['server', 'app', 'app2', expect.anything(), expect.anything()],
      ['server', 'app', 'app3', expect.anything(), expect.anything()],
      ['map', 'answers', expect.anything(), '/one', 'kept'],
    ]);
    const kept = JSON.parse(await must('runtime', 'keep', '--json'));
    expect(kept).toMatchObject({ version: 1, outcome: { kind: 'confirmed', changed: true, warnings: [] } });
    expect(await confirmed()).toBe(
      first
        .replace('app2: { address: 192.0.2.254:8082, weight: 2 }', 'app2: { address: 192.0.2.254:8082, weight: 0 }')
        .replace('app3: 192.0.2.254:8083', 'app3: { address: 192.0.2.254:8083, disabled: true }'),
    );
    expect(await box.sh('cat /data/weir/maps/answers.map')).toBe('# what is said\n/one kept\n/two   second word\n');
    expect(await must('runtime')).toContain('Nothing is otherwise');
    expect(await box.settled()).toMatchObject({ state: 'as confirmed', drift: [] });
    expect((await box.weir(['plan', '--check'])).code).toBe(0);
    await expect.poll(() => many(6), { timeout: 15_000 }).toEqual(['8084']);
    expect(await states()).toMatch(/app2 .* DRAIN.*\napp3 .* MAINT/);
    expect((await box.world.run(['curl', '-s', '-m', '2', 'http://192.0.2.1/one'])).stdout).toBe('kept');
  });

  test('of a map alone is a generation too, though HAProxy has nothing to do', async () => {
    await must('map', 'set', 'answers', '/one', 'again');
    const before = await box.sh('readlink /data/weir/confirmed; pidof haproxy');
    await must('runtime', 'keep', 'answers');
    const after = await box.sh('readlink /data/weir/confirmed; pidof haproxy');
    expect(after.split('\n')[0]).not.toBe(before.split('\n')[0]);
    expect(after.split('\n')[1]).toBe(before.split('\n')[1]);
    expect(await changes()).toEqual([]);
    expect(await box.sh('cat /data/weir/maps/answers.map')).toContain('/one again\n');
  });

  test('and was kept ends with a document that says otherwise', async () => {
    await must('apply', '-', document);
    await expect.poll(() => many(12), { timeout: 15_000 }).toEqual(['8081', '8082', '8083']);
    expect(await changes()).toEqual([]);
  });
});
