import { afterAll, beforeAll, expect, test } from 'vitest';
import { documentBeside, type LoadedAppliance, loadUntil, startLoaded } from './loaded.ts';

let loaded: LoadedAppliance;
beforeAll(async () => {
  loaded = await startLoaded();
});
afterAll(async () => loaded?.stop());

/** Requests that failed in any of these loads, by reason. */
const failures = (loads: Awaited<ReturnType<typeof loadUntil>>) => loads.flatMap(({ failed, errors }) => (failed === 0 ? [] : [errors]));

/** Largest memory of the agent so far, in MB; its files in memory count. */
const peak = async () =>
  Number(await loaded.box.sh("awk '/^VmHWM/ { print int($2 / 1000) }' /proc/$(systemctl show -P MainPID weir-agent)/status"));

test('10,000 backends are applied at 80 % load, and then changed all at once: no request fails, the agent survives and keeps to its memory', async () => {
  const { box, load } = loaded;
  const restarts = () => box.sh('systemctl show -P NRestarts weir-agent');
  const before = await restarts();
  for (const weight of [1, 2]) {
    const applied = box.weir(['apply', '-'], documentBeside(10_000, weight));
    expect(failures(await loadUntil(load, 5, applied))).toEqual([]);
    const { code, stderr } = await applied;
    expect(code, stderr.slice(-2000)).toBe(0);
  }
  expect(await restarts()).toBe(before);
  expect(await peak()).toBeLessThan(400);
  expect(await box.settled()).toMatchObject({ state: 'as confirmed', drift: [], warnings: [] });
});

test('an agent that needs more memory than its bound ends by itself, nothing changes, and no request fails', async () => {
  const { box, load } = loaded;
  const state = async () => [await box.sh('readlink /data/weir/confirmed'), await box.sh('sha256sum /run/weir/haproxy.cfg; pidof haproxy')];
  const before = await state();
  const restarts = Number(await box.sh('systemctl show -P NRestarts weir-agent'));
  // a heap that no document of this size fits into
  await box.sh(`mkdir -p /run/systemd/system/weir-agent.service.d
    printf '[Service]\\nEnvironment="NODE_OPTIONS=--max-semi-space-size=1 --max-old-space-size=64"\\n' >/run/systemd/system/weir-agent.service.d/small.conf
    systemctl daemon-reload; systemctl restart weir-agent`);
  await box.settled();
  const applied = box.weir(['apply', '-'], documentBeside(10_000, 3));
  expect(failures(await loadUntil(load, 3, applied))).toEqual([]);
  expect(await applied).toMatchObject({ code: 2, stderr: expect.stringContaining('the agent went away') });
  await expect
    .poll(async () => Number(await box.sh('systemctl show -P NRestarts weir-agent')), { timeout: 30_000 })
    .toBeGreaterThan(restarts);
  await box.settled();
  expect(await state()).toEqual(before);
});
