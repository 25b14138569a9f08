import { beforeAll, describe, expect, test } from 'vitest';
import { confirmation } from '../../appliance/apply/confirm.ts';
import { type LeftOver, readJournal } from '../../appliance/apply/journal.ts';
import { resolve } from '../../appliance/apply/resolve.ts';
import { type Fault, killed, type World } from '../../appliance/host/fake.ts';
import { textFile } from '../../appliance/state/host-state.ts';
import {
  applyTo,
  changeTo,
  copyOf,
  documentOf,
  first,
  freshWorld,
  hostOn,
  pictureOf,
  privateKey,
  runningFirst,
  second,
  stateOf,
  value,
} from './machine.ts';

let before: World;
let after: World;
let operations: number;
beforeAll(async () => {
  before = await runningFirst();
  after = copyOf(before);
  expect(await applyTo(hostOn(after), changeTo(second))).toMatchObject({ kind: 'confirmed' });
  operations = after.transcript.length;
});

describe('an apply', () => {
  test('leaves the machine holding and running what the document says, and nothing of the document before', () => {
    const picture = pictureOf(after);
    for (const [path, held] of second.state) if (held) expect(after.files.get(path)).toMatchObject({ mode: held.mode });
    expect(picture['/run/weir/keepalived.conf']).toBeUndefined();
    expect(picture['/proc/sys/vm/swappiness']).toContain('60');
    expect(picture['haproxy runs /run/weir/haproxy.cfg']).toContain('bbbbbbbbbbbb');
    expect(picture['/data/weir/confirmed']).toContain('generations/2-lb1');
    expect(Object.keys(picture).filter((path) => /apply\.|pending|staged|timer/.test(path))).toEqual([]);
    expect(picture['/run/weir/manifest']?.split('\n').filter((line) => line.includes('/'))).toHaveLength(7);
  });

  test('asks the real programs before it writes anything, and is refused in their words', async () => {
    const on = copyOf(before);
    const refuses = {
      'systemd-run': ({ args }: { args: readonly string[] }) =>
        args.includes('haproxy') ? { exitCode: 1, stderr: '[ALERT] line 12: unknown keyword' } : null,
    };
    const outcome = await applyTo(hostOn(on, { programs: refuses }), changeTo(second));
    expect(outcome).toEqual({
      kind: 'refused',
      reasons: ['haproxy -c refuses the files: [ALERT] line 12: unknown keyword'],
      problems: [],
    });
    expect(pictureOf(on)).toEqual(pictureOf(before));
  });

  const warned = (line: number) => `[WARNING]  (7) : config : parsing [/run/weir/haproxy.cfg:${line}] : anonymous acl will never match`;
  test.each([
    [
      'a line that weir wrote',
      'global\n    acl own path /\n    option raw # raw\n',
      warned(2),
      'anonymous acl will never match\nline 2: acl own path /',
    ],
    ['a raw line', 'global\n    option raw # raw\n    acl own path /\n', warned(2), null],
    ['what has no line', 'global\n    option raw # raw\n', '[WARNING]  (7) : config : slow', null],
  ])('takes a warning of HAProxy for what it is about: %s', async (_, config, stderr, refusal) => {
    const on = copyOf(before);
    const warns = {
      'systemd-run': ({ args }: { args: readonly string[] }) => (args.includes('haproxy') ? { stderr: `[NOTICE] 3.0\n${stderr}\n` } : null),
    };
    const held = { content: config, mode: 0o600, owner: 'root:root' };
    const state = stateOf('c', [['/run/weir/haproxy.cfg', held]]);
    const outcome = await applyTo(hostOn(on, { programs: warns }), changeTo(documentOf(state, 'version: 1\n')));
    const reasons = outcome.kind === 'refused' ? outcome.reasons : [];
    expect(reasons).toEqual(refusal === null ? [] : [`haproxy -c refuses the files: ${refusal}`]);
  });

  test("shows HAProxy's words at the part of the document that they are about", async () => {
    const stderr = `[ALERT]  (7) : config : parsing [/run/weir/haproxy.cfg:3] : regex '(' is invalid`;
    const refuses = {
      'systemd-run': ({ args }: { args: readonly string[] }) => (args.includes('haproxy') ? { exitCode: 1, stderr } : null),
    };
    const held = { content: 'frontend web\n    bind :80\n    http-request deny if { path_reg ( }\n', mode: 0o600, owner: 'root:root' };
    const document = documentOf(stateOf('c', [['/run/weir/haproxy.cfg', held]]), 'version: 1\n');
    const at = ['frontends', 'web', 'http-request', 0];
    const change = changeTo({ ...document, origins: new Map([['/run/weir/haproxy.cfg', [null, null, at]]]) });
    expect(await applyTo(hostOn(copyOf(before), { programs: refuses }), change)).toEqual({
      kind: 'refused',
      reasons: [],
      problems: [
        {
          at,
          message: "HAProxy refuses this: regex '(' is invalid",
          hint: 'as HAProxy was given it: http-request deny if { path_reg ( }',
        },
      ],
    });
  });

  test('activates each service once, keepalived last, and first when it is to go with its VIPs', () => {
    const activated = (on: World) => on.transcript.flatMap((line) => /^run \/usr\/lib\/weir\/activate (\w+)$/.exec(line)?.[1] ?? []);
    expect(activated(before)).toEqual(['nftables', 'hostname', 'timezone', 'haproxy', 'keepalived', 'issue']);
    expect(activated(after)).toEqual(['keepalived', 'nftables', 'hostname', 'timezone', 'haproxy', 'issue']);
  });

  test('twice is the same as once, and the second time touches nothing', async () => {
    const on = copyOf(after);
    expect(await applyTo(hostOn(on), changeTo(second))).toMatchObject({ kind: 'confirmed', generation: '2-lb1', changed: false });
    expect(pictureOf(on)).toEqual(pictureOf(after));
    const questions = /^run (nft -s -t list|systemctl is-active) /;
    expect(on.transcript.filter((line) => /^(write|run)/.test(line) && !questions.test(line))).toEqual([]);
  });

  test('a failure of any single operation leaves the machine as it was, or finishes', async () => {
    const ends = new Map<string, number>();
    for (const fault of ['EIO', 'ENOSPC'] as const) {
      for (let at = 0; at < operations; at++) {
        const on = copyOf(before);
        const outcome = await applyTo(hostOn(on, { fault: once(at, fault) }), changeTo(second));
        ends.set(outcome.kind, (ends.get(outcome.kind) ?? 0) + 1);
        if (outcome.kind === 'confirmed') {
          const verdicts = outcome.verdicts.map(({ path }) => path);
          expect(withoutTraces(on, verdicts), `${fault} at ${on.transcript[at]}`).toEqual(withoutTraces(after, verdicts));
        } else expect(pictureOf(on), `${fault} at ${on.transcript[at]}`).toEqual(pictureOf(before));
        expect(on.lockHolder === null || on.transcript[at]?.startsWith('unlock'), on.transcript[at]).toBe(true);
      }
    }
    expect([...ends.keys()].sort()).toEqual(['confirmed', 'refused', 'rolled-back']);
    expect(ends.get('rolled-back')).toBeGreaterThan(40);
  });

  test('killed before any operation, the next start of the agent ends it: the old machine or the new one', async () => {
    const ends = new Set<string>();
    for (let at = 0; at < operations; at++) {
      const on = copyOf(before);
      await untilKilled(applyTo(hostOn(on, { fault: once(at, 'killed') }), changeTo(second)));
      expect(on.transcript).toContain('(killed)');
      const resolution = await resolve(hostOn(on), () => {});
      ends.add(resolution.kind);
      const isNew = on.files.get('/data/weir/confirmed')?.content === 'generations/2-lb1';
      const wanted = isNew ? after : before;
      expect(pictureOf(on), `killed at ${after.transcript[at]}`).toEqual(pictureOf(wanted));
    }
    expect([...ends].sort()).toEqual(['finished', 'nothing', 'rolled-back']);
  });

  test('killed while it goes back, and again, still comes back', async () => {
    const failing = after.transcript.findIndex((line) => line.includes('activate haproxy'));
    const counted = copyOf(before);
    await applyTo(hostOn(counted, { fault: once(failing, 'EIO') }), changeTo(second));
    for (let at = failing + 1; at < counted.transcript.length; at++) {
      const on = copyOf(before);
      const faults = ({ number }: { readonly number: number }) => once(failing, 'EIO')({ number }) ?? once(at, 'killed')({ number });
      await untilKilled(applyTo(hostOn(on, { fault: faults }), changeTo(second)));
      expect(on.transcript).toContain('(killed)');
      await untilKilled(resolve(hostOn(on, { fault: once(at % 12, 'killed') }), () => {}));
      await resolve(hostOn(on), () => {});
      expect(pictureOf(on), `killed at ${counted.transcript[at]}`).toEqual(pictureOf(before));
    }
  });

  test('a first one that fails leaves nothing, and the kernel its own values', async () => {
    const empty = freshWorld();
    const dry = copyOf(empty);
    await applyTo(hostOn(dry), changeTo(first));
    for (let at = 0; at < dry.transcript.length; at += 3) {
      const on = copyOf(empty);
      const outcome = await applyTo(hostOn(on, { fault: once(at, 'EIO') }), changeTo(first));
      if (outcome.kind === 'confirmed') continue;
      const manifest = pictureOf(on)['/run/weir/manifest'];
      expect({ ...pictureOf(on), '/run/weir/manifest': '' }, on.transcript[at]).toEqual({ ...pictureOf(empty), '/run/weir/manifest': '' });
      expect(manifest === undefined || manifest.endsWith('root:root ')).toBe(true);
    }
  });
});

describe('what somebody else does', () => {
  test('a path that changes under an apply stops it, is named, and is left as that somebody wrote it', async () => {
    const on = copyOf(before);
    const meddle = { ...hostOn(on) };
    const host = {
      ...meddle,
      write: async (path: string, held: Parameters<typeof meddle.write>[1]) => {
        if (path === '/run/weir/nftables.conf') on.files.set('/etc/hostname', textFile('mine\n'));
        return meddle.write(path, held);
      },
    };
    const outcome = await applyTo(host, changeTo(second));
    expect(outcome).toMatchObject({ kind: 'rolled-back' });
    expect(outcome.kind === 'rolled-back' && outcome.reasons[0]).toContain('/etc/hostname was changed by somebody else');
    const { '/etc/hostname': name, ...rest } = pictureOf(on);
    const { '/etc/hostname': _, ...wanted } = pictureOf(before);
    expect(name).toContain('mine');
    expect(rest).toEqual(wanted);
  });

  test('a second change is refused, naming who holds the lock', async () => {
    const on = copyOf(before);
    const host = hostOn(on);
    await host.lock('/run/weir/lock', 'alice: apply, since 2026-01-01T00:00:00.000Z', 0);
    const outcome = await applyTo(host, changeTo(second));
    expect(outcome).toEqual({
      kind: 'refused',
      reasons: ['another change is under way (alice: apply, since 2026-01-01T00:00:00.000Z): wait for it, or confirm it'],
      problems: [],
    });
  });

  test('drift is repaired by applying the confirmed document', async () => {
    const on = copyOf(before);
    on.files.set('/run/weir/haproxy.cfg', textFile('edited by hand\n'));
    on.files.delete('/run/weir/nftables.conf');
    expect(await applyTo(hostOn(on), changeTo(first))).toMatchObject({ kind: 'confirmed', changed: true });
    expect(on.files.get('/run/weir/haproxy.cfg')).toEqual(before.files.get('/run/weir/haproxy.cfg'));
    expect(on.files.get('/run/weir/nftables.conf')).toEqual(before.files.get('/run/weir/nftables.conf'));
  });
});

describe('the kernel', () => {
  test('refuses a value: that is a verdict, and the rest is applied', async () => {
    const on = copyOf(before);
    const healthy = hostOn(on);
    const host = {
      ...healthy,
      write: async (path: string, held: Parameters<typeof healthy.write>[1]) => {
        if (path === '/proc/sys/net/core/somaxconn') throw Object.assign(new Error('EIO'), { code: 'EIO' });
        return healthy.write(path, held);
      },
    };
    expect(await applyTo(host, changeTo(second))).toMatchObject({
      kind: 'confirmed',
      verdicts: [{ path: '/proc/sys/net/core/somaxconn', wanted: '65538', holds: '65537', kind: 'unchangeable', reason: 'EIO' }],
    });
    expect(pictureOf(on)['haproxy runs /run/weir/haproxy.cfg']).toContain('bbbbbbbbbbbb');
  });

  test('has no such path: that is a verdict too', async () => {
    const on = copyOf(before);
    const document = documentOf(stateOf('cccccccccccc', [['/proc/sys/net/ipv4/tcp_new_idea', value('1')]]), 'third');
    const outcome = await applyTo(hostOn(on), changeTo(document));
    expect(outcome).toMatchObject({
      kind: 'confirmed',
      verdicts: [{ path: '/proc/sys/net/ipv4/tcp_new_idea', kind: 'absent', holds: null }],
    });
  });

  test('gets its first value of this boot back when a document stops setting it, however many came between', async () => {
    const on = freshWorld();
    for (const [mark, swappiness] of [
      ['aaaaaaaaaaaa', '10'],
      ['bbbbbbbbbbbb', '5'],
      ['cccccccccccc', null],
    ] as const) {
      const state = stateOf(mark, swappiness === null ? [] : [['/proc/sys/vm/swappiness', value(swappiness)]]);
      await applyTo(hostOn(on), changeTo(documentOf(state, mark)));
      expect(on.files.get('/proc/sys/vm/swappiness')?.content).toBe(swappiness ?? '60');
    }
  });
});

describe('secrets', () => {
  test('are in the journal for root alone, and in nothing that an apply says or runs', async () => {
    const on = copyOf(before);
    let journal: LeftOver | null = null;
    let mode = 0;
    const healthy = hostOn(on);
    const said: string[] = [];
    const host = {
      ...healthy,
      run: async (program: string, args: readonly string[]) => {
        if (program.endsWith('activate') && on.files.has('/run/weir/apply.json')) {
          mode = on.files.get('/run/weir/apply.json')?.mode ?? 0;
          journal = await readJournal(healthy);
        }
        return healthy.run(program, args);
      },
    };
    const { apply } = await import('../../appliance/apply/apply.ts');
    const outcome = await apply(host, changeTo(second), {
      report: (progress) => said.push(JSON.stringify(progress)),
      confirmation: confirmation(null),
    });
    expect(outcome.kind).toBe('confirmed');
    expect(mode).toBe(0o600);
    expect(journal).not.toBeNull();
    expect([...said, ...on.transcript, JSON.stringify(outcome), JSON.stringify(journal)].join('\n')).not.toContain('the-key-itself');
    expect(privateKey).toContain('the-key-itself');
    const readable = [...on.files].filter(
      ([, { content, mode: bits }]) =>
        Buffer.from(typeof content === 'string' ? content : (content.reveal?.() ?? '')).includes('the-key-itself') && bits & 0o077,
    );
    expect(readable.map(([path]) => path)).toEqual([]);
  });
});

describe('a confirmation', () => {
  test('that does not come in time takes everything back', async () => {
    const on = copyOf(before);
    const guards: (readonly string[])[] = [];
    const activate = () => {
      guards.push([...on.timers.keys()]);
      return null;
    };
    const outcome = await applyTo(
      hostOn(on, { programs: { '/usr/lib/weir/activate': activate } }),
      changeTo(second, { confirmSeconds: 60 }),
    );
    expect(outcome).toEqual({ kind: 'rolled-back', reasons: ['nobody confirmed within 60 s'] });
    expect(pictureOf(on)).toEqual(pictureOf(before));
    // going back is watched by the long guard: the one of the confirmation would end it after seconds
    expect(new Set(guards.flat())).toEqual(new Set(['weir-guard']));
  });

  test('keeps the change, from another connection than the one of the apply', async () => {
    const on = copyOf(before);
    const place = confirmation('192.0.2.9 50000 192.0.2.11 22');
    const healthy = hostOn(on);
    const answers: (string | null)[] = [];
    const host = {
      ...healthy,
      sleep: async (ms: number, signal?: AbortSignal) => {
        if (ms === 60_000) {
          answers.push(place.answer('confirmed', '192.0.2.9 50000 192.0.2.11 22'));
          expect([...on.timers]).toEqual([['weir-guard-confirm', '/usr/lib/weir/restore']]);
          answers.push(place.answer('confirmed', '192.0.2.9 50001 192.0.2.11 22'));
          await new Promise((resolve) => setImmediate(resolve));
        }
        return healthy.sleep(ms, signal);
      },
    };
    const outcome = await applyTo(host, changeTo(second, { confirmSeconds: 60 }), place);
    expect(outcome).toMatchObject({ kind: 'confirmed' });
    expect(answers).toEqual([expect.stringContaining('open a new one'), null]);
    expect(pictureOf(on)).toEqual(pictureOf(after));
    expect(place.answer('confirmed', null)).toBe('nothing waits to be confirmed');
  });

  test('that is cancelled takes everything back at once', async () => {
    const on = copyOf(before);
    const place = confirmation(null);
    const healthy = hostOn(on);
    const host = {
      ...healthy,
      sleep: async (ms: number, signal?: AbortSignal) => (ms === 60_000 ? void place.answer('cancelled', null) : healthy.sleep(ms, signal)),
    };
    expect(await applyTo(host, changeTo(second, { confirmSeconds: 60 }), place)).toMatchObject({ kind: 'rolled-back' });
    expect(pictureOf(on)).toEqual(pictureOf(before));
  });
});

describe('a rollback that fails', () => {
  const stuck = {
    '/usr/lib/weir/activate': ({ args }: { args: readonly string[] }) =>
      args[0] === 'haproxy' ? { exitCode: 1, stderr: 'Success=0' } : null,
  };

  test('lets the shell tool try at once: when that brings the machine back, it is a rollback like any other', async () => {
    const on = copyOf(before);
    const outcome = await applyTo(hostOn(on, { programs: stuck }), changeTo(second));
    expect(outcome).toMatchObject({
      kind: 'rolled-back',
      reasons: [expect.stringContaining('haproxy does not take up'), expect.stringContaining('what is confirmed was laid anew')],
    });
    expect(pictureOf(on)).toEqual(pictureOf(before));
  });

  test('of a first document too, where the way back leads to nothing', async () => {
    const empty = freshWorld();
    const on = copyOf(empty);
    expect(await applyTo(hostOn(on, { programs: stuck }), changeTo(first))).toMatchObject({ kind: 'rolled-back' });
    expect(pictureOf(on)).toEqual(pictureOf(empty));
  });

  test('stays one when the shell tool is content and the machine is not as confirmed', async () => {
    const on = copyOf(before);
    const isBack = () => on.transcript.includes('run /usr/lib/weir/activate haproxy');
    const fault = ({ verb, what }: { verb: string; what: string }): Fault | null =>
      verb === 'write' && what.startsWith('/run/weir/nftables.conf ') && isBack() ? 'EIO' : null;
    const outcome = await applyTo(
      hostOn(on, { fault, programs: { ...stuck, '/usr/lib/weir/restore': () => ({ exitCode: 0 }) } }),
      changeTo(second),
    );
    expect(outcome).toMatchObject({
      kind: 'rollback-failed',
      remaining: [
        '/run/weir/nftables.conf does not hold what it should',
        "the firewall's table inet weir does not carry the mark aaaaaaaaaaaa of its file",
      ],
    });
    expect(on.timers.has('weir-guard')).toBe(true);
  });

  test('leaves no generation behind that a boot would take for confirmed', async () => {
    const on = freshWorld();
    const fault = ({ verb, what }: { verb: string; what: string }): Fault | null =>
      verb === 'write' && what.startsWith('/data/weir/confirmed ') ? 'EIO' : null;
    let activations = 0;
    const failing = {
      '/usr/lib/weir/activate': () => (++activations > 6 ? { exitCode: 1 } : null),
      '/usr/lib/weir/restore': () => ({ exitCode: 1 }),
    };
    expect(await applyTo(hostOn(on, { fault, programs: failing }), changeTo(first))).toMatchObject({ kind: 'rollback-failed' });
    expect(on.transcript).toContain('move /data/weir/pending/1-lb1 /data/weir/generations/1-lb1');
    expect([...on.files.keys()].filter((path) => path.startsWith('/data/weir/generations/'))).toEqual([]);
  });

  test('says so when the shell tool fails as well, and leaves the journal and the guard', async () => {
    const on = copyOf(before);
    const stuckTool = { ...stuck, '/usr/lib/weir/restore': () => ({ exitCode: 1, stderr: 'the lock is still held' }) };
    const outcome = await applyTo(hostOn(on, { programs: stuckTool }), changeTo(second));
    expect(outcome).toMatchObject({
      kind: 'rollback-failed',
      reasons: [expect.any(String), '/usr/lib/weir/restore failed too: the lock is still held'],
      remaining: ['haproxy does not take up its files: Success=0'],
    });
    expect(on.timers.has('weir-guard')).toBe(true);
    expect(on.files.has('/run/weir/apply.json')).toBe(true);
    expect(on.transcript).toContain('run /usr/lib/weir/restore');
    expect(await applyTo(hostOn(on), changeTo(second))).toMatchObject({
      kind: 'refused',
      reasons: [expect.stringContaining('has not been undone')],
    });
    expect(await resolve(hostOn(on), () => {})).toMatchObject({ kind: 'rolled-back' });
    expect(pictureOf(on)).toEqual(pictureOf(before));
  });
});

describe('a full disk', () => {
  test('at any path refuses or takes back, with a sentence that says what to do', async () => {
    const written = after.transcript.flatMap((line) => /^(?:write|put) (\S+)/.exec(line)?.[1] ?? []);
    for (const path of new Set(written)) {
      const on = copyOf(before);
      const fault = ({ what, verb, number }: { verb: string; what: string; number: number }): Fault | null =>
        (verb === 'write' || verb === 'put') && what.startsWith(`${path} `) && number < operations && !what.endsWith('(removed)')
          ? 'ENOSPC'
          : null;
      const outcome = await applyTo(hostOn(on, { fault }), changeTo(second));
      if (outcome.kind === 'refused' || outcome.kind === 'rolled-back') {
        expect(outcome.reasons[0], path).toMatch(/no space is left.*remove files|takes no writes/);
        expect(pictureOf(on), path).toEqual(pictureOf(before));
      }
    }
  });
});

/** Runs what is killed on its way. Where only tidying was left, it may have an outcome to show, which nobody reads any more. */
async function untilKilled(work: Promise<unknown>): Promise<void> {
  await work.catch((error) => expect(error).toBe(killed));
}

function once(at: number, fault: Fault): (operation: { readonly number: number }) => Fault | null {
  return ({ number }) => (number === at ? fault : null);
}

/** A machine without what settling may have failed to tidy, and the kernel values that it would not take. */
function withoutTraces(on: World, verdicts: readonly string[]): Readonly<Record<string, string>> {
  const picture = Object.entries(pictureOf(on)).filter(
    ([key]) =>
      !key.startsWith('timer') && !['/run/weir/apply.json', '/run/weir/apply.step', '/run/weir/manifest', ...verdicts].includes(key),
  );
  return Object.fromEntries(picture);
}
