import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Appliance, document, startAppliance } from './appliance.ts';

const value = '/proc/sys/net/core/somaxconn';
let box: Appliance;
beforeAll(async () => {
  box = await startAppliance();
  expect(await box.weir(['apply', '-', '--yes'], document('one'))).toMatchObject({ code: 0 });
  expect(await box.settled()).toMatchObject({ state: 'as confirmed', warnings: [] });
});
afterAll(async () => box?.stop());

const holds = async () => (await box.sh(`cat ${value}`)).trim();
const status = async () => JSON.parse((await box.weir(['status', '--json'])).stdout);

test('a kernel value that something set is put back when a link changes, and within seconds of it', async () => {
  const wanted = await holds();
  await box.sh(`echo 128 >${value}; ip link add t1 type bridge; ip link delete t1`);
  await expect.poll(holds, { timeout: 10_000 }).toBe(wanted);
  expect(await status()).toMatchObject({ state: 'as confirmed', warnings: [] });
});

test('a settings file that sets it otherwise is named, and the value put back once its file has set it', async () => {
  const wanted = await holds();
  await box.sh(
    'mkdir -p /etc/sysctl.d; echo net.core.somaxconn=129 >/etc/sysctl.d/99-local.conf; sysctl -q -p /etc/sysctl.d/99-local.conf',
  );
  await expect.poll(holds, { timeout: 10_000 }).toBe(wanted);
  await expect
    .poll(async () => (await status()).warnings, { timeout: 10_000 })
    .toEqual([expect.stringContaining('/etc/sysctl.d/99-local.conf')]);
  await box.sh('rm /etc/sysctl.d/99-local.conf');
  await expect.poll(async () => (await status()).warnings, { timeout: 10_000 }).toEqual([]);
  const stdout = await box.sh('journalctl --unit=weir-agent --output=cat --no-pager | grep "put back" | tail -n 1');
  expect(stdout).toContain('99-local.conf');
});

test('a reset brings back what the kernel held first, and an apply sets it again', async () => {
  const wanted = await holds();
  expect(await box.weir(['tune', 'reset'])).toMatchObject({ code: 0, stdout: expect.stringMatching(/^\d+ values/) });
  expect(await holds()).toBe('4096');
  await box.sh('ip link add t2 type bridge; ip link delete t2; sleep 3');
  expect(await holds()).toBe('4096');
  expect(await status()).toMatchObject({ state: 'as confirmed', drift: [], warnings: [expect.stringContaining('not tuned')] });
  expect((await box.weir(['apply'])).code).toBe(0);
  expect(await holds()).toBe(wanted);
  expect(await status()).toMatchObject({ state: 'as confirmed', warnings: [] });
});

test('the programs that tell of links end with the agent', async () => {
  const pids = async () => (await box.sh('pgrep -f "^(udevadm|ip -oneline) .*monitor|^udevadm monitor" || true')).trim();
  expect(await pids()).not.toBe('');
  await box.sh('systemctl stop weir-agent');
  expect(await pids()).toBe('');
  await box.sh('systemctl start weir-agent');
});
