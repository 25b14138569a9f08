import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Appliance, document, startAppliance } from './appliance.ts';

const sshKey = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIMhQzzlo4A4GB6qTatdM5mE65O1AKyWaGBgbS9D8cYXn tester';

/** A node of a pair on which sshd runs too. */
const pair = document('one', `system: { ssh: { keys: ["${sshKey}"] }, dns: [192.0.2.254], ntp: [192.0.2.254] }\n`)
  .replace('\nvips:', '\n  lb2: { links: { front: { mac: 52:54:00:00:01:01, addresses: [192.0.2.2/24] } } }\nvips:')
  .replace('{ link: front, addresses', '{ vrrp: site, addresses')
  .replace('app1: 192.0.2.254:8081', 'app1: { address: 192.0.2.254:8081, check: false }')
  .concat('vrrp: { site: { link: front, virtual_router_id: 51, prefer: lb1 } }\n');

/** What services say because this is a container, and what HAProxy says because its groups are those of its unit. */
const known = ['Unable to load sysctl monitor BPF program', 'Unable to lock process in memory', 'Failed to drop supplementary groups'];

let box: Appliance;
let data: string;
beforeAll(async () => {
  data = await mkdtemp(join(tmpdir(), 'weir-journal-'));
  const first = await startAppliance({ dataFolder: data });
  const { code, stderr } = await first.weir(['apply', '-', '--yes'], pair);
  await first.stop();
  expect({ code, stderr }).toMatchObject({ code: 0 });
  box = await startAppliance({ dataFolder: data });
}, 120_000);
afterAll(async () => {
  await box?.stop();
  await rm(data, { recursive: true, force: true });
});

test('a normal boot leaves no error in the journal, and no failed unit', async () => {
  await expect.poll(() => box.fetch(), { timeout: 20_000 }).toBe('one');
  expect(await box.sh('systemctl --failed --no-legend')).toBe('');
  expect(await box.sh('journalctl --boot --no-pager --output=cat --priority=warning')).toBe('');
  const words = await box.sh("journalctl --boot --no-pager --output=cat | grep -iE 'error|fail|unable|cannot|denied|deprecated|warning'");
  expect(words.split('\n').filter((line) => line !== '' && !known.some((one) => line.includes(one)))).toEqual([]);
});

test('a login is in UTF-8, and leaves no warning', async () => {
  expect(await box.sh('su - admin -c locale | head -n 1')).toBe('LANG=C.UTF-8\n');
  expect(await box.sh('journalctl --boot --no-pager --output=cat --priority=warning')).toBe('');
});
