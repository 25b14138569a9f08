import { afterEach, describe, expect, test } from 'vitest';
import { sockets } from '../../appliance/agent/sockets.ts';
import { load } from '../../appliance/config/load.ts';
import type { World } from '../../appliance/host/fake.ts';
import { demandOf } from '../../appliance/state/demand.ts';
import { bytesOf, textFile } from '../../appliance/state/host-state.ts';
import { capacity } from '../../tuning/capacity.ts';
import { copyOf, freshWorld, pictureOf } from '../apply/machine.ts';
import { type Answered, document, hardware, type RunningAgent, startAgent, withMaps } from './running.ts';

const running: RunningAgent[] = [];
afterEach(async () => {
  for (const agent of running.splice(0)) await agent.stop();
});

async function agentOn(on: World): Promise<RunningAgent> {
  const agent = await startAgent(on);
  running.push(agent);
  return agent;
}

/** What the agent's machine carries of the document. */
function verdict(): unknown {
  const { config } = load(document(), { file: 'config.yaml', files: null });
  return config === null ? null : capacity(hardware, demandOf(config));
}

const outcomeOf = (lines: readonly { readonly kind: string }[]) => lines.at(-1);

describe('the agent', () => {
  test('reports a machine without a document as unconfigured, on both sockets and in its file', async () => {
    const on = freshWorld();
    const agent = await agentOn(on);
    const { status, lines } = await agent.get('/status');
    expect(status).toBe(200);
    expect(lines[0]).toMatchObject({
      version: 1,
      state: 'unconfigured',
      generation: null,
      haproxy: null,
      links: [{ name: 'front', isUp: true }],
    });
    expect(JSON.parse(`${on.files.get('/run/weir/status.json')?.content}`)).toMatchObject({ state: 'unconfigured' });
    expect([...on.sockets.keys()].sort()).toEqual([sockets.agent, sockets.status]);
  });

  test('applies a document, tells each step, keeps it, and then repeats that nothing is to do', async () => {
    const on = freshWorld();
    const agent = await agentOn(on);
    const { lines } = await agent.post('/apply', { config: document(), by: 'alice' });
    expect(outcomeOf(lines)).toMatchObject({
      kind: 'outcome',
      version: 1,
      outcome: { kind: 'confirmed', generation: '1-lb1', changed: true },
      problems: [],
    });
    expect(lines.map(({ kind }) => kind)).toEqual(expect.arrayContaining(['plan', 'phase', 'step']));
    for (const told of [lines.find(({ kind }) => kind === 'plan'), outcomeOf(lines)]) {
      expect(told.capacity).toEqual(verdict());
    }
    expect((await agent.get('/status')).lines[0]).toMatchObject({
      state: 'as confirmed',
      node: 'lb1',
      generation: { id: '1-lb1', by: 'alice' },
      drift: [],
      warnings: [],
    });
    expect((await agent.get('/history')).lines[0]).toMatchObject({ confirmed: '1-lb1', generations: [{ id: '1-lb1', parent: null }] });
    expect((await agent.get('/config')).lines[0]).toEqual({ version: 1, config: document() });
    expect(`${on.files.get('/data/weir/node')?.content}`).toBe('lb1\n');
    expect(outcomeOf((await agent.post('/apply', { config: document() })).lines)).toMatchObject({
      outcome: { kind: 'confirmed', changed: false },
    });
  });

  test('takes the files that came with a document, and has them once it is confirmed; a refused one leaves nothing', async () => {
    const on = freshWorld();
    const agent = await agentOn(on);
    const blocking = document(8081, 'maps: { blocked: { match: ip, file: blocked.map } }\n');
    const { lines: missing } = await agent.post('/apply', { config: blocking });
    expect(outcomeOf(missing)).toMatchObject({ outcome: { kind: 'refused' } });
    await agent.post('/apply', withMaps({ config: 'version: 2' }, { 'blocked.map': '192.0.2.9 1\n' }));
    expect(on.files.has('/data/weir/maps/blocked.map')).toBe(false);
    const { lines } = await agent.post('/apply', withMaps({ config: blocking }, { 'blocked.map': '192.0.2.1 1\n' }));
    expect(outcomeOf(lines)).toMatchObject({ outcome: { kind: 'confirmed' } });
    expect(`${on.files.get('/run/weir/maps/blocked.map')?.content}`).toBe('192.0.2.1 1\n');
    expect(on.files.get('/data/weir/maps/blocked.map')).toMatchObject({ mode: 0o600 });
    expect(outcomeOf((await agent.post('/apply', { config: blocking })).lines)).toMatchObject({
      outcome: { kind: 'confirmed', changed: false },
    });
    for (const name of ['../x', 'a/b', '.hidden', '']) {
      expect((await agent.post('/apply', withMaps({ config: blocking }, { [name]: '' }))).status, name).toBe(400);
    }
  });

  test('tells files apart by their sizes, whatever they are called and hold', async () => {
    const on = freshWorld();
    const agent = await agentOn(on);
    const files = { b: 'two\nlines\n', 10: '{"config": 1}\n', 9: '', a: 'ü' };
    expect(outcomeOf((await agent.post('/apply', withMaps({ config: document() }, files))).lines)).toMatchObject({
      outcome: { kind: 'confirmed' },
    });
    for (const [name, text] of Object.entries(files)) {
      expect(new TextDecoder().decode((await agent.host.readBytes(`/data/weir/maps/${name}`, 100)) ?? undefined), name).toBe(text);
    }
    for (const wrong of ['', 'x'.repeat(100)]) {
      const body = `${JSON.stringify({ config: document(), files: { maps: { a: 7 } } })}\n${wrong}`;
      expect(await agent.post('/plan', body)).toMatchObject({
        status: 400,
        lines: [{ message: `the request names files of 7 bytes, and ${wrong.length} came` }],
      });
    }
  });

  test('gives the kernel its values back, says so until the next apply, and takes it for no drift', async () => {
    const on = freshWorld();
    const agent = await agentOn(on);
    await agent.post('/apply', { config: document() });
    expect(`${on.files.get('/proc/sys/net/core/somaxconn')?.content}`).toBe('65535');
    expect(await agent.post('/tune/reset', { by: 'alice' })).toMatchObject({ status: 200, lines: [{ values: 2, left: [] }] });
    expect(`${on.files.get('/proc/sys/net/core/somaxconn')?.content}`).toBe('4096');
    expect((await agent.get('/status')).lines[0]).toMatchObject({
      state: 'as confirmed',
      drift: [],
      warnings: [expect.stringMatching(/^alice gave the kernel's values back at .* weir apply/)],
    });
    expect(outcomeOf((await agent.post('/apply', { config: document() })).lines)).toMatchObject({ outcome: { kind: 'confirmed' } });
    expect(`${on.files.get('/proc/sys/net/core/somaxconn')?.content}`).toBe('65535');
    expect((await agent.get('/status')).lines[0]).toMatchObject({ state: 'as confirmed', warnings: [] });
  });

  test('plans without touching anything', async () => {
    const on = freshWorld();
    const agent = await agentOn(on);
    const before = pictureOf(on);
    const { status, lines } = await agent.post('/plan', { config: document() });
    expect(status).toBe(200);
    expect(lines[0].node).toBe('lb1');
    expect(lines[0].plan.changes.map(({ path }: { path: string }) => path)).toContain('/run/weir/haproxy.cfg');
    expect(lines[0].capacity).toEqual(verdict());
    expect(pictureOf(on)).toEqual(before);
  });

  test('refuses a wrong document with every problem and its place, and changes nothing', async () => {
    const on = freshWorld();
    const agent = await agentOn(on);
    const before = pictureOf(on);
    const wrong = document().replace('default_backend: app', 'default_backend: ap');
    expect(outcomeOf((await agent.post('/apply', { config: wrong, file: 'mine.yaml' })).lines)).toMatchObject({
      outcome: { kind: 'refused' },
      problems: [{ file: 'mine.yaml', line: 5, message: expect.stringContaining('ap') }],
    });
    expect((await agent.post('/plan', { config: wrong })).status).toBe(422);
    expect(pictureOf(on)).toEqual(before);
  });

  test('refuses what this machine cannot carry, and warns of what it may not', async () => {
    const agent = await agentOn(freshWorld());
    const asking = (maxconn: number) => document().replace('web: {', `web: { maxconn: ${maxconn},`);
    const { status, lines } = await agent.post('/plan', { config: asking(10_000_000) });
    expect(status).toBe(422);
    expect(lines[0].problems[0]).toMatchObject({ at: ['frontends', 'web', 'maxconn'], line: 5, message: expect.stringContaining(' too ') });
    const warned = await agent.post('/plan', { config: asking(40_000) });
    expect(warned.status).toBe(200);
    expect(warned.lines[0].problems).toMatchObject([{ at: ['frontends', 'web', 'maxconn'], severity: 'warning' }]);
  });

  test('refuses a document whose NICs are not here, naming those that are', async () => {
    const agent = await agentOn(freshWorld());
    const other = document().replace('52:54:00:00:00:01', '52:54:00:99:99:99');
    const { lines } = await agent.post('/apply', { config: other });
    expect(outcomeOf(lines)).toMatchObject({ outcome: { kind: 'refused', reasons: [expect.stringContaining('front 52:54:00:00:00:01')] } });
  });

  test('keeps asking for a confirmation of a change of the way in, unless told that nobody needs it', async () => {
    const agent = await agentOn(freshWorld());
    const ssh = (key: string) =>
      document(
        8081,
        `system: { ssh: { keys: [ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHUCB5JAqv4bqb6vAh3ZP9DKUPHMlLWJD4pHzr1WoRj${key} ops] } }\n`,
      );
    expect(outcomeOf((await agent.post('/apply', { config: ssh('R') })).lines)).toMatchObject({
      outcome: { kind: 'confirmed', warnings: [] },
    });
    expect(outcomeOf((await agent.post('/apply', { config: document() })).lines)).toMatchObject({
      outcome: { kind: 'refused', reasons: expect.arrayContaining([expect.stringContaining('--confirm')]) },
    });
    expect(outcomeOf((await agent.post('/apply', { config: document(), yes: true })).lines)).toMatchObject({
      outcome: { kind: 'confirmed' },
    });
  });

  test('one change at a time: a second is refused naming who is at it; the first is confirmed over another connection', async () => {
    const agent = await agentOn(freshWorld());
    const answers: unknown[] = [];
    const first = agent.post('/apply', { config: document(), by: 'alice', confirmSeconds: 60, connection: 'a' }, async (line) => {
      if (line.kind !== 'waiting') return;
      answers.push(outcomeOf((await agent.post('/apply', { config: document(8082), by: 'bob' })).lines));
      answers.push((await agent.get('/status')).lines[0]);
      answers.push(await agent.post('/confirm', { connection: 'a' }));
      answers.push(await agent.post('/confirm', { connection: 'b' }));
    });
    expect(outcomeOf((await first).lines)).toMatchObject({ outcome: { kind: 'confirmed' } });
    await expect.poll(() => answers.length).toBe(4);
    expect(answers).toMatchObject([
      { outcome: { kind: 'refused', reasons: [expect.stringContaining('alice: apply')] } },
      { state: 'changing', activity: { by: 'alice', confirmBefore: expect.any(String) } },
      { status: 409, lines: [{ confirmed: false, message: expect.stringContaining('open a new one') }] },
      { status: 200, lines: [{ confirmed: true }] },
    ]);
    expect(await agent.post('/confirm', {})).toMatchObject({ status: 409 });
  });

  test('rolls a waiting change back when asked to', async () => {
    const on = freshWorld();
    const agent = await agentOn(on);
    await agent.post('/apply', { config: document() });
    const before = pictureOf(on);
    let back: Promise<Answered> | undefined;
    const second = await agent.post('/apply', { config: document(8082), confirmSeconds: 60 }, (line) => {
      if (line.kind === 'waiting') back = agent.post('/rollback', {});
    });
    expect(outcomeOf(second.lines)).toMatchObject({ outcome: { kind: 'rolled-back' } });
    expect(outcomeOf((await back)?.lines ?? [])).toMatchObject({ outcome: { kind: 'confirmed', generation: '1-lb1' } });
    expect((await back)?.lines[0]).toMatchObject({ phase: 'roll back', message: 'the change that waited to be confirmed' });
    expect({ ...pictureOf(on), '/run/weir/status.json': '' }).toEqual({ ...before, '/run/weir/status.json': '' });
  });

  test('goes back to an earlier generation by a plan like any other', async () => {
    const on = freshWorld();
    const agent = await agentOn(on);
    await agent.post('/apply', { config: document(8081) });
    const first = on.files.get('/run/weir/haproxy.cfg');
    await agent.post('/apply', { config: document(8082) });
    expect(outcomeOf((await agent.post('/rollback', {})).lines)).toMatchObject({ outcome: { kind: 'confirmed', generation: '3-lb1' } });
    expect(on.files.get('/run/weir/haproxy.cfg')).toEqual(first);
    expect(outcomeOf((await agent.post('/rollback', { id: '2-lb1' })).lines)).toMatchObject({
      outcome: { kind: 'confirmed', generation: '4-lb1' },
    });
    expect(outcomeOf((await agent.post('/rollback', { id: '99-lb1' })).lines)).toMatchObject({ outcome: { kind: 'refused' } });
    expect(outcomeOf((await agent.post('/rollback', { id: '../../etc' })).lines)).toMatchObject({ outcome: { kind: 'refused' } });
  });

  test('reports drift by path, and repairs it when told to apply without a document', async () => {
    const on = freshWorld();
    const agent = await agentOn(on);
    await agent.post('/apply', { config: document() });
    on.files.set('/run/weir/nftables.conf', textFile('flush ruleset\n'));
    on.nowMs += 2000;
    expect((await agent.get('/status')).lines[0]).toMatchObject({ state: 'drifted', drift: ['/run/weir/nftables.conf'] });
    expect(outcomeOf((await agent.post('/apply', { config: null })).lines)).toMatchObject({
      outcome: { kind: 'confirmed', changed: true },
    });
    expect((await agent.get('/status')).lines[0]).toMatchObject({ state: 'as confirmed', drift: [] });
  });

  test('plans and repairs what runs otherwise than its file says, and a rollback then goes past the repair', async () => {
    const on = freshWorld();
    const agent = await agentOn(on);
    await agent.post('/apply', { config: document(8081) });
    await agent.post('/apply', { config: document(8082) });
    const running = on.running.get('haproxy');
    on.running.delete('haproxy');
    on.nowMs += 2000;
    const reason = "HAProxy's master does not answer (absent)";
    expect((await agent.get('/status')).lines[0]).toMatchObject({ state: 'drifted', drift: [], warnings: [reason] });
    expect((await agent.post('/plan', { config: null })).lines[0]).toMatchObject({
      plan: { changes: [], activate: ['haproxy'], disagreements: [reason] },
    });
    expect(outcomeOf((await agent.post('/apply', { config: null })).lines)).toMatchObject({
      outcome: { kind: 'confirmed', changed: true, generation: '3-lb1' },
    });
    expect(on.running.get('haproxy')).toEqual(running);
    expect((await agent.get('/status')).lines[0]).toMatchObject({ state: 'as confirmed', warnings: [] });
    await agent.post('/rollback', {});
    expect(`${on.files.get('/data/weir/confirmed')?.content}`).toBe('generations/4-lb1');
    expect(`${on.files.get('/data/weir/generations/4-lb1/config.yaml')?.content}`).toContain('10.0.2.2:8081');
  });

  test('says that a change could not be taken back, and no longer once the guard has done it', async () => {
    const on = freshWorld();
    let isBroken = false;
    const fails = () => (isBroken ? { exitCode: 1, stderr: 'no' } : null);
    const agent = await startAgent(on, undefined, { '/usr/lib/weir/activate': fails, '/usr/lib/weir/restore': fails });
    running.push(agent);
    await agent.post('/apply', { config: document() });
    isBroken = true;
    expect(outcomeOf((await agent.post('/apply', { config: document(8082) })).lines)).toMatchObject({
      outcome: { kind: 'rollback-failed' },
    });
    on.nowMs += 2000;
    expect((await agent.get('/status')).lines[0]).toMatchObject({
      state: 'failed',
      warnings: expect.arrayContaining([expect.stringContaining('no')]),
    });
    isBroken = false;
    await agent.host.run('/usr/lib/weir/restore', []);
    on.nowMs += 2000;
    expect((await agent.get('/status')).lines[0]).toMatchObject({ state: 'as confirmed', drift: [], warnings: [] });
  });

  test('keeps what a change closes open for who still uses it as long as HAProxy lets its old workers live', async () => {
    const on = freshWorld();
    const agent = await agentOn(on);
    const tunnels = (port: number) => document().replace('*:80', `*:${port}`).replace('app: {', 'app: { timeout: { tunnel: 20m },');
    await agent.post('/apply', { config: tunnels(80) });
    expect(outcomeOf((await agent.post('/apply', { config: tunnels(81) })).lines)).toMatchObject({ outcome: { kind: 'confirmed' } });
    expect(`${on.files.get('/run/weir/draining-2-lb1.nft')?.content}`).toContain('{ tcp . 80 timeout 1200s }');
    expect(`${on.files.get('/run/weir/haproxy.cfg')?.content}`).toContain('hard-stop-after 1200s');
  });

  test('does not call a machine unconfigured that holds a document which no link names', async () => {
    const on = freshWorld();
    const agent = await agentOn(on);
    await agent.post('/apply', { config: document() });
    on.files.delete('/data/weir/confirmed');
    on.nowMs += 2000;
    expect((await agent.get('/status')).lines[0]).toMatchObject({
      state: 'drifted',
      drift: expect.arrayContaining(['/run/weir/haproxy.cfg']),
    });
  });

  test('killed in the middle of an apply, its next start finds the old machine or the new one', async () => {
    const before = freshWorld();
    const agent = await agentOn(before);
    await agent.post('/apply', { config: document() });
    const old = copyOf(before);
    const dry = copyOf(before);
    const trial = await agentOn(dry);
    const begin = dry.transcript.length;
    await trial.post('/apply', { config: document(8082) });
    const configs = new Set<string>();
    for (let at = begin; at < dry.transcript.length; at += 4) {
      const on = copyOf(old);
      const victim = await startAgent(on, ({ number }) => (number === at ? 'killed' : null));
      await victim.post('/apply', { config: document(8082) }).catch(() => {});
      on.sockets.clear();
      const next = await startAgent(on);
      const { state, generation, warnings } = (await next.get('/status')).lines[0];
      expect({ at, state, warnings }).toEqual({ at, state: 'as confirmed', warnings: [] });
      configs.add(generation.id);
      expect(`${on.files.get('/run/weir/haproxy.cfg')?.content}`.includes('8082')).toBe(generation.id === '2-lb1');
      expect([...on.files.keys()].filter((path) => path.includes('apply.') || path.includes('pending'))).toEqual([]);
      await next.stop();
    }
    expect([...configs].sort()).toEqual(['1-lb1', '2-lb1']);
  });
});

test('more beside the document than weir takes is refused with what to do, in a plan and in a change', async () => {
  const on = freshWorld();
  const agent = await agentOn(on);
  on.files.set('/data/weir/maps/old.map', { content: bytesOf(Buffer.alloc(65 * 2 ** 20)), mode: 0o600, owner: 'root:root' });
  const reason = expect.stringMatching(/more than 64 MB in all \(.*\/maps\/old\.map\); remove what no document needs$/);
  expect(await agent.post('/plan', { config: document() })).toMatchObject({ status: 422, lines: [{ reasons: [reason] }] });
  expect(outcomeOf((await agent.post('/apply', { config: document() })).lines)).toMatchObject({
    outcome: { kind: 'refused', reasons: [reason] },
  });
});

describe('a store with trouble', () => {
  const withMap = (port: number) => document(port, 'maps: { blocked: { match: ip, file: blocked.map } }\n');
  const asked = (port: number) => withMaps({ config: withMap(port) }, { 'blocked.map': '192.0.2.1\n' });

  test('takes the next document although a file of the confirmed one is lost', async () => {
    const on = freshWorld();
    const agent = await agentOn(on);
    expect(outcomeOf((await agent.post('/apply', asked(8081))).lines)).toMatchObject({
      outcome: { kind: 'confirmed' },
    });
    for (const path of [...on.files.keys()]) if (path.startsWith('/data/weir/blobs/')) on.files.delete(path);
    expect(outcomeOf((await agent.post('/apply', { config: document(8082) })).lines)).toMatchObject({
      outcome: { kind: 'confirmed', generation: '2-lb1' },
    });
  });

  test('that takes no more after a confirmation makes that a warning, not a failure', async () => {
    const agent = await startAgent(freshWorld(), ({ verb, what }) =>
      verb === 'write' && what.startsWith('/data/weir/maps/') ? 'ENOSPC' : null,
    );
    running.push(agent);
    expect(outcomeOf((await agent.post('/apply', asked(8081))).lines)).toMatchObject({
      outcome: { kind: 'confirmed', warnings: [expect.stringContaining('no space is left')] },
    });
    expect((await agent.get('/status')).lines[0]).toMatchObject({ state: 'as confirmed' });
  });
});

describe('first boot', () => {
  const volume = (config: string, more: Record<string, string> = {}) => {
    const on = freshWorld();
    for (const [name, content] of Object.entries({ 'config.yaml': config, ...more }))
      on.files.set(`/run/weir/first-boot/${name}`, textFile(content));
    return on;
  };

  test('applies and confirms what the volume held, and keeps its files', async () => {
    const on = volume(document(), { 'maps/blocked.map': '192.0.2.1\n' });
    const agent = await agentOn(on);
    expect((await agent.get('/status')).lines[0]).toMatchObject({ state: 'as confirmed', generation: { id: '1-lb1', by: 'first boot' } });
    expect(on.files.get('/data/weir/maps/blocked.map')).toMatchObject({ mode: 0o600 });
    expect([...on.files.keys()].filter((path) => path.includes('first-boot'))).toEqual([]);
    expect(on.running.has('haproxy')).toBe(true);
  });

  test('refuses a wrong one on the console with its error, and the machine waits', async () => {
    const on = volume(document().replace('bind:', 'bnd:'));
    const agent = await agentOn(on);
    const { state, warnings } = (await agent.get('/status')).lines[0];
    expect(state).toBe('unconfigured');
    expect(warnings[0]).toContain('config.yaml:5');
    expect(`${on.files.get('/run/weir/first-boot.error')?.content}`).toContain('did you mean "bind"?');
    expect(on.transcript).toContain('run /usr/lib/weir/activate issue');
    expect(on.running.size).toBe(0);
  });

  test('leaves no file of a refused one on the machine', async () => {
    const on = volume(document().replace('bind:', 'bnd:'), { 'certificates/shop.pem': 'a key\n' });
    await agentOn(on);
    expect([...on.files.keys()].filter((path) => path.startsWith('/data/'))).toEqual([]);
  });

  test('serves, and says what is wrong, where the disk takes no writes', async () => {
    const on = volume(document(), { node: 'lb1\n' });
    on.files.set('/data/weir/pending/1-lb1/config.yaml', textFile('left by a power cut'));
    const agent = await startAgent(on, ({ verb, what }) =>
      ['write', 'put', 'move', 'remove'].includes(verb) && what.startsWith('/data/') ? 'EROFS' : null,
    );
    running.push(agent);
    const { state, warnings } = (await agent.get('/status')).lines[0];
    expect(state).toBe('unconfigured');
    expect(warnings[0]).toContain('the disk takes no writes');
    expect(`${on.files.get('/run/weir/first-boot.error')?.content}`).toContain('the disk takes no writes');
    expect(on.running.size).toBe(0);
  });

  test('is told which node it is by the file node, which a refusal does not leave behind', async () => {
    const on = volume(document(), { node: 'lb9\n' });
    const agent = await agentOn(on);
    expect((await agent.get('/status')).lines[0].warnings[0]).toContain('this machine is the node "lb9"');
    expect(on.files.has('/data/weir/node')).toBe(false);
    expect(outcomeOf((await agent.post('/apply', { config: document() })).lines)).toMatchObject({ outcome: { kind: 'confirmed' } });
  });
});

describe('a hostile request', () => {
  test.each([
    ['no JSON', 'not json', 400, 'the request is not JSON'],
    ['an array', '[]', 400, 'the request is wrong at its top: expected a map, got a list'],
    ['a number as document', '{"config": 1}', 400, 'the request is wrong at config: expected text, got the number 1'],
    ['an unknown key', '{"config": null, "shell": "id"}', 400, 'the request is wrong at shell: unknown key "shell"'],
    ['a name with a line break', '{"config": null, "by": "a\\nb"}', 400, 'the request is wrong at by: control characters are not allowed'],
    ['a long name', `{"config": null, "by": "${'x'.repeat(101)}"}`, 400, 'the request is wrong at by: expected at most 100 characters'],
    [
      'a confirmation in a second',
      '{"config": null, "confirmSeconds": 1}',
      400,
      'the request is wrong at confirmSeconds: expected at least 5',
    ],
    [
      'more than 40 MB',
      `{"config": "${'x'.repeat(41 * 1024 * 1024)}"}`,
      413,
      'the document is larger than 16 MB, or the files beside it than 64 MB in all: weir reads no more',
    ],
  ])('%s is refused with a sentence', async (_, body, status, message) => {
    const agent = await agentOn(freshWorld());
    const answer = await agent.post('/apply', body);
    expect({ status: answer.status, message: answer.lines[0].message }).toEqual({ status, message });
  });

  test('to a path that is none of ours is 404', async () => {
    const agent = await agentOn(freshWorld());
    expect((await agent.get('/../etc/shadow')).status).toBe(404);
    expect((await agent.get('/config/../../x')).status).toBe(404);
    expect((await agent.post('/status', {})).status).toBe(404);
  });
});
