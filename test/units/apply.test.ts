import { execFile, execFileSync } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { atEnd, temporaryFolder } from '../support/ending.ts';
import { type Appliance, document, startAppliance } from './appliance.ts';

const run = promisify(execFile);

/** A disk of this size for /data, in memory. */
async function dataOf(size: string): Promise<{ readonly data: string; readonly remove: () => Promise<unknown> }> {
  const data = temporaryFolder('data');
  await run('mount', ['-t', 'tmpfs', '-o', `size=${size},mode=755`, 'tmpfs', data]);
  atEnd(() => execFileSync('umount', ['--quiet', '--lazy', data]));
  return { data, remove: () => run('umount', [data]) };
}

describe('an apply', () => {
  let box: Appliance;
  beforeAll(async () => {
    box = await startAppliance();
  });
  afterAll(async () => box?.stop());
  beforeEach(async () => {
    const { code, stderr } = await box.weir(['apply', '-', '--yes'], document('one'));
    expect({ code, stderr }).toMatchObject({ code: 0 });
    expect(await box.fetch()).toBe('one');
  });

  /** What a client outside gets from the VIP, one request after the other, counted. */
  const requests = async (count: number) => {
    const load = `for i in $(seq ${count}); do curl -s -m 2 http://192.0.2.100/ || echo -n LOST; echo; done | sort | uniq -c`;
    return (await box.world.run(['sh', '-c', load], { timeoutMs: 60_000 })).stdout.trim().replace(/\s+/g, ' ');
  };

  test('is confirmed when all of it runs, and a second one finds nothing to do', async () => {
    const { code, stdout } = await box.weir(['apply', '-', '--json'], document('two'));
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ outcome: { kind: 'confirmed', changed: true, warnings: [] } });
    expect(await box.fetch()).toBe('two');
    expect(JSON.parse((await box.weir(['apply', '-', '--json'], document('two'))).stdout)).toMatchObject({
      outcome: { kind: 'confirmed', changed: false },
    });
    expect(await box.settled()).toMatchObject({ state: 'as confirmed', drift: [], warnings: [] });
    expect(
      await box.sh(
        'find /run/weir/apply.* /data/weir/pending/* /run/weir/staged/* 2>/dev/null; systemctl list-timers --all --no-legend "weir-guard*"',
      ),
    ).toBe('');
  });

  test('of more than this machine carries is refused, and its plan says what it carries', async () => {
    const asking = (maxconn: number) => document('two').replace('web:\n', `web:\n    maxconn: ${maxconn}\n`);
    const { code, stderr } = await box.weir(['apply', '-'], asking(10_000_000));
    expect(code).toBe(2);
    expect(stderr).toMatch(/^standard input:7:14: [\s\S]*10,000,000 sessions[\s\S]* too (few|little)\n {3}7 \| {5}maxconn: 10000000\n/);
    expect(await box.fetch()).toBe('one');
    const told =
      /^sessions: 1,000 asked \(web\); HAProxy takes 1,000\n {2}memory, all busy .*\n {2}memory, all idle .*\n {2}open files .*\n {2}carries /m;
    expect((await box.weir(['plan', '-'], asking(1000))).stdout).toMatch(told);
    expect((await box.weir(['apply', '-'], asking(1000))).stderr).toMatch(told);
    expect(await box.sh('echo show info | socat - /run/weir/haproxy.sock | grep ^Maxconn:')).toBe('Maxconn: 1000\n');
  });

  test('whose port somebody else has is refused before HAProxy would pause for it, and loses no request', async () => {
    await box.sh('systemd-run --unit=squatter --collect --quiet socat TCP-LISTEN:81,bind=192.0.2.100,fork EXEC:true; sleep 0.5');
    const load = requests(300);
    const taken = document('two').replace('{ vip: www, port: 80 }', '{ vip: www, port: 80 }, { vip: www, port: 81 }');
    const { code, stderr } = await box.weir(['apply', '-'], taken);
    await box.sh('systemctl stop squatter');
    expect({ code, stderr }).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/port 81 of 192\.0\.2\.100 is taken[\s\S]*Nothing was changed/),
    });
    expect(await load).toBe('300 one');
  });

  test('that ends in a failure is taken back with the reason, and loses no request', async () => {
    // What no check sees: a service that does not start with its new file.
    const broken = "ExecStartPre=/bin/sh -c '! grep -q 192.0.2.53 /run/systemd/resolved.conf.d/weir.conf'";
    await box.sh(
      `cd /run/systemd/system && mkdir systemd-resolved.service.d && printf '[Service]\\n%s\\n' "${broken}" >systemd-resolved.service.d/broken.conf && systemctl daemon-reload`,
    );
    const load = requests(300);
    const { code, stderr } = await box.weir(['apply', '-'], document('two', 'system: { dns: [192.0.2.53] }\n'));
    expect({ code, stderr }).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/resolved does not take up its files[\s\S]*Rolled back/),
    });
    expect(await load).toBe('300 one');
    await box.sh('rm -r /run/systemd/system/systemd-resolved.service.d && systemctl daemon-reload');
    expect(await box.settled()).toMatchObject({ state: 'as confirmed', drift: [], warnings: [] });
  });

  test('that fails, and whose way back fails too, ends as rolled back when the shell tool brings the machine back', async () => {
    await box.sh(
      `cd /run/systemd/system && mkdir systemd-resolved.service.d && printf '[Service]\\nExecStartPre=pgrep -x restore\\n' >systemd-resolved.service.d/broken.conf && systemctl daemon-reload`,
    );
    const load = requests(300);
    const { code, stderr } = await box.weir(['apply', '-'], document('two', 'system: { dns: [192.0.2.53] }\n'));
    expect({ code, stderr }).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/resolved does not take up its files[\s\S]*what is confirmed was laid anew[\s\S]*Rolled back/),
    });
    expect(await load).toBe('300 one');
    await box.sh('rm -r /run/systemd/system/systemd-resolved.service.d && systemctl daemon-reload');
    expect(await box.settled()).toMatchObject({ state: 'as confirmed', drift: [], warnings: [] });
    expect(await box.sh('ls /run/weir | grep -E "apply|draining"; systemctl list-timers --no-legend "weir-guard*"')).toBe('');
  });

  test('that the real programs refuse changes nothing, and says so in their words', async () => {
    const before = await box.sh('cd /run/weir && sha256sum haproxy.cfg nftables.conf manifest');
    const wrong = document('two').replace('http-request return', 'http-request retrun');
    const { code, stderr } = await box.weir(['apply', '-'], wrong);
    expect({ code, stderr }).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/HAProxy refuses this[\s\S]*retrun[\s\S]*Nothing was changed/),
    });
    expect(await box.sh('cd /run/weir && sha256sum haproxy.cfg nftables.conf manifest')).toBe(before);
  });

  test('while somebody holds the lock is refused', async () => {
    await box.sh(
      'systemd-run --unit=holder --collect --quiet flock /run/weir/lock sh -c "echo the night shift >/run/weir/lock; sleep 60"; sleep 0.3',
    );
    const { code, stderr } = await box.weir(['apply', '-'], document('two'));
    await box.sh('systemctl stop holder');
    expect({ code, stderr }).toMatchObject({ code: 2, stderr: expect.stringContaining('the night shift') });
    expect(await box.fetch()).toBe('one');
  });

  test('leaves nothing of a link that the next document does not have, and brings it back', async () => {
    const bridge = document('one')
      .replace('lb1: {', 'lb1: {')
      .replace('addresses: [192.0.2.1/24],', 'addresses: [192.0.2.1/24, 192.0.2.7/24],');
    expect((await box.weir(['apply', '-', '--yes'], bridge)).code).toBe(0);
    expect(await box.sh('ip -br addr show front')).toContain('192.0.2.7/24');
    expect((await box.weir(['rollback', '--yes'])).code).toBe(0);
    expect(await box.sh('ip -br addr show front')).not.toContain('192.0.2.7/24');
  });

  test('waits to be confirmed: nobody comes, and it is taken back in time', async () => {
    const begun = performance.now();
    const applying = box.weir(['apply', '-', '--confirm', '5s'], document('two'));
    await expect.poll(() => box.fetch(), { timeout: 10_000, interval: 100 }).toBe('two');
    await expect.poll(() => box.sh('systemctl list-timers --no-legend "weir-guard*"'), { timeout: 5000 }).toContain('weir-guard-confirm');
    const { code, stderr } = await applying;
    expect({ code, stderr }).toMatchObject({ code: 1, stderr: expect.stringContaining('nobody confirmed within 5 s') });
    expect(performance.now() - begun).toBeLessThan(15_000);
    expect(await box.fetch()).toBe('one');
    expect(await box.settled()).toMatchObject({ state: 'as confirmed', drift: [], warnings: [] });
  });

  test('waits to be confirmed: somebody does, and it stays', async () => {
    const applying = box.weir(['apply', '-', '--confirm', '60s'], document('two'));
    await expect.poll(async () => (await box.weir(['confirm'])).code, { timeout: 10_000, interval: 200 }).toBe(0);
    expect((await applying).code).toBe(0);
    expect(await box.fetch()).toBe('two');
  });

  test('waits to be confirmed: the agent hangs, and the guard takes it back within the time and 15 seconds', async () => {
    const applying = box.weir(['apply', '-', '--confirm', '10s'], document('two'));
    await expect.poll(() => box.fetch(), { timeout: 10_000, interval: 100 }).toBe('two');
    await expect.poll(() => box.sh('systemctl list-timers --no-legend "weir-guard*"'), { timeout: 5000 }).toContain('weir-guard-confirm');
    const begun = performance.now();
    await box.sh('systemctl kill --signal=STOP weir-agent');
    // after the time to confirm, the agent is on its way back, under the guard of 300 s: then this machine was too slow for this test
    expect(await box.sh('systemctl list-timers --no-legend "weir-guard*"')).toContain('weir-guard-confirm');
    await expect.poll(() => box.fetch(), { timeout: 40_000, interval: 100 }).toBe('one');
    expect(performance.now() - begun).toBeLessThan(25_000);
    expect((await applying).code).toBe(1);
    expect(await box.settled()).toMatchObject({ state: 'as confirmed', drift: [], warnings: [] });
  });

  test('killed at any moment, the next agent ends it: the old document or the new one, never a mixture', async () => {
    // an undisturbed apply of an agent that has just started, as it will have after each kill, says how long one takes on this machine, now
    await box.sh('systemctl kill --signal=KILL weir-agent');
    await box.settled();
    const began = performance.now();
    await box.weir(['apply', '-', '--yes'], document('two'));
    const lasts = performance.now() - began;
    let [current, next] = ['two', 'one'];
    const ends = new Set<string>();
    for (let tenth = 1; tenth <= 18; tenth += 2) {
      const moment = (lasts * tenth) / 10;
      const applying = box.weir(['apply', '-', '--yes'], document(next));
      await sleep(moment);
      await box.sh('systemctl kill --signal=KILL weir-agent');
      await applying;
      const status = await box.settled();
      expect({ moment, ...status }).toMatchObject({ state: 'as confirmed', drift: [], warnings: [] });
      const answer = await box.fetch();
      const config = await box.sh('cat /data/weir/confirmed/config.yaml');
      expect({ moment, answer }).toEqual({ moment, answer: config.includes(`string ${next}`) ? next : current });
      ends.add(answer === next ? 'new' : 'old');
      expect(
        await box.sh(
          'find /run/weir/apply.* /data/weir/pending/* /run/weir/staged/* 2>/dev/null; systemctl list-timers --no-legend "weir-guard*"',
        ),
      ).toBe('');
      if (answer === next) [current, next] = [next, current];
    }
    expect([...ends].sort()).toEqual(['new', 'old']);
  }, 240_000);

  test('is made by one agent: a second one is refused, and so is one without the rights', async () => {
    expect(await box.weir(['agent'])).toMatchObject({ code: 2, stderr: expect.stringContaining('the agent of this machine runs already') });
    await box.sh('systemctl stop weir-agent');
    expect(await box.run(['setpriv', '--reuid=nobody', '--clear-groups', '--regid=nogroup', 'weir', 'agent'])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('the agent lacks the rights that it needs: permission is denied'),
    });
    await box.sh('systemctl start weir-agent');
    expect(await box.settled()).toMatchObject({ state: 'as confirmed', drift: [], warnings: [] });
  });

  test('keeps keys from everybody but root, journal and history included', async () => {
    expect(await box.sh('find /data/weir /run/weir -type f -perm /077 | xargs grep -l "PRIVATE KEY"')).toBe('');
    expect(await box.sh('stat -c %a /run/weir/haproxy.cfg /run/weir/agent.sock /run/weir/status.sock')).toBe('600\n660\n666\n');
    const denied = await box.run(['setpriv', '--reuid=nobody', '--clear-groups', '--regid=nogroup', 'weir', 'apply', '-', '--json'], {
      input: document('two'),
    });
    expect(denied.code).toBe(2);
    expect((await box.run(['setpriv', '--reuid=nobody', '--clear-groups', '--regid=nogroup', 'weir', 'status'])).code).toBe(0);
  });
});

describe('a first document that nobody confirms', () => {
  const first = document('one', 'system: { timezone: Europe/Paris, keymap: de }\n');
  let box: Appliance;
  beforeAll(async () => {
    box = await startAppliance();
  });
  afterAll(async () => box?.stop());
  const machine = () => box.sh('hostname; cd /etc && tail -n +1 hostname default/keyboard && readlink localtime; ls /run/systemd/network');

  test.each([
    ['the agent takes it back', false],
    ['the agent hangs and the guard takes it back', true],
  ])('leaves the machine its own name, time zone and keyboard when %s', async (_, hangs) => {
    const before = await machine();
    const applying = box.weir(['apply', '-', '--confirm', hangs ? '10s' : '5s'], first);
    await expect.poll(() => box.sh('systemctl list-timers --no-legend "weir-guard*"'), { timeout: 10_000 }).toContain('weir-guard-confirm');
    expect(await machine()).toContain('Europe/Paris');
    if (hangs) await box.sh('systemctl kill --signal=STOP weir-agent');
    expect((await applying).code).toBe(1);
    expect(await box.settled()).toMatchObject({ state: 'unconfigured', drift: [], warnings: [] });
    expect(await machine()).toBe(before);
  });
});

describe('a full disk', () => {
  test('is refused with what to do, and what runs goes on', async () => {
    const { data, remove } = await dataOf('4m');
    try {
      const box = await startAppliance({ dataFolder: data });
      try {
        expect((await box.weir(['apply', '-'], document('one'))).code).toBe(0);
        await box.sh('dd if=/dev/zero of=/data/fill bs=4k 2>/dev/null');
        const { code, stderr } = await box.weir(['apply', '-'], document('two'));
        expect({ code, stderr }).toMatchObject({ code: 2, stderr: expect.stringMatching(/no space is left/) });
        expect(await box.fetch()).toBe('one');
        await box.sh('rm /data/fill');
        expect((await box.weir(['apply', '-'], document('two'))).code).toBe(0);
        expect(await box.fetch()).toBe('two');
      } finally {
        await box.stop();
      }
    } finally {
      await remove();
    }
  });
});

test('a first document is applied at boot, and the next boot serves it with an agent that hangs', async () => {
  const { data, remove } = await dataOf('32m');
  try {
    const firstBoot = '#!/bin/sh\nmkdir -p /run/weir/first-boot && cp /usr/share/first.yaml /run/weir/first-boot/config.yaml\n';
    const first = await startAppliance({
      dataFolder: data,
      files: { '/usr/share/first.yaml': document('one'), '/usr/lib/weir/first-boot': { mode: 0o755, content: firstBoot } },
    });
    try {
      expect(await first.settled()).toMatchObject({ state: 'as confirmed', generation: { id: '1-lb1', by: 'first boot' } });
      expect(await first.fetch()).toBe('one');
    } finally {
      await first.stop();
    }
    const second = await startAppliance({ dataFolder: data });
    try {
      expect(await second.fetch()).toBe('one');
      expect(await second.settled()).toMatchObject({ state: 'as confirmed', drift: [], warnings: [] });
    } finally {
      await second.stop();
    }
  } finally {
    await remove();
  }
});
