import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { answering, ask, type Demo, startDemo } from '../support/demo.ts';
import { bootGuest, type Guest } from '../support/qemu.ts';

/** A module that the agent loads before itself: it keeps 40 MB more every 500 ms, all of it written to; less at a time would only end later. */
const leak = 'const kept = []; setInterval(() => kept.push(Buffer.alloc(40e6, 1)), 500).unref();';

let demo: Demo;
let guest: Guest;
beforeAll(async () => {
  demo = await startDemo();
  // its disk on SATA and its document on a ConfigDrive, so that these are booted too
  const volume = { '/openstack/latest/user_data': `#weir-config\n${demo.document}` };
  guest = await bootGuest({ bus: 'sata', volume, volumeIs: { label: 'config-2', on: 'sata-cdrom' }, forward: { vip: demo.vip } });
  expect(await answering(guest.port('vip'), 2, 300_000)).toEqual(['app1', 'app2']);
  await guest.waitFor(/login: /);
});
afterAll(async () => {
  await guest?.remove();
  demo?.stop();
});

const sh = async (line: string) => (await guest.run(['sh', '-c', line], { timeoutMs: 120_000 })).stdout.trim();

// Here and not in a container: only a kernel of its own surely has the memory controller that enforces the bound.
test('memory that the agent leaks ends at the bound of its slice: the agent is killed and starts anew, HAProxy and its clients notice nothing', async () => {
  const workers = () => sh('pidof haproxy');
  const kills = () => sh("sed -n 's/^oom_kill //p' /sys/fs/cgroup/weir.slice/memory.events");
  // and its CPU is what the others leave
  expect(await sh('cat /sys/fs/cgroup/weir.slice/cpu.idle')).toBe('1');
  const [served, killed] = [await workers(), Number(await kills())];

  let [asked, failed, going] = [0, 0, true];
  const client = (async () => {
    for (; going; await sleep(20)) {
      asked += 1;
      if ((await ask(guest.port('vip')))?.startsWith('200 ') !== true) failed += 1;
    }
  })();
  await guest.run(['sh', '-c', 'cat >/run/leak.mjs'], { input: leak });
  await sh(`mkdir -p /run/systemd/system/weir-agent.service.d
    printf '[Service]\\nEnvironment=NODE_OPTIONS=--import=/run/leak.mjs\\n' >/run/systemd/system/weir-agent.service.d/leak.conf
    systemctl daemon-reload; systemctl restart weir-agent`);
  await expect.poll(kills, { timeout: 240_000, interval: 2000 }).toSatisfy((count: string) => Number(count) > killed);
  await sh('rm -r /run/systemd/system/weir-agent.service.d; systemctl daemon-reload; systemctl restart weir-agent');
  await expect.poll(() => sh('weir status --json'), { timeout: 120_000, interval: 2000 }).toContain('"state":"as confirmed"');
  going = false;
  await client;

  expect(asked).toBeGreaterThan(50);
  expect(failed).toBe(0);
  expect(await workers()).toBe(served);
  expect(Number(await sh('cat /sys/fs/cgroup/weir.slice/memory.peak'))).toBeLessThanOrEqual(
    Number(await sh('cat /sys/fs/cgroup/weir.slice/memory.max')),
  );
  expect(await sh("journalctl -u weir-agent --no-pager | grep -c 'oom-kill'")).not.toBe('0');
  expect(await sh('journalctl -k --no-pager | grep -c "Killed process.*haproxy"')).toBe('0');
});
