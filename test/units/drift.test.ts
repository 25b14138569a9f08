import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Appliance, document, startAppliance } from './appliance.ts';

/** Of the password `weirpass`. */
const hash = '$6$HWi06i4Kmkwuxh/y$fUaOdLyDK7Lnx1QbZNrPXex7vhLoFcHcnvg3a7f5NuB2zqJ0aQ97d2PMUHMbimcab3h5Zp9IVERdW5NmWfct1.';

let box: Appliance;
beforeAll(async () => {
  box = await startAppliance();
  const { code, stderr } = await box.weir(['apply', '-', '--yes'], document('one', `system: { admin: { password: "${hash}" } }\n`));
  expect({ code, stderr }).toMatchObject({ code: 0 });
});
afterAll(async () => box?.stop());

test.each([
  ['a VIP that is gone', 'ip addr del 192.0.2.100/32 dev front', 'does not have the address 192.0.2.100/32'],
  ['a link that is down', 'networkctl down front', 'there is no route to 0.0.0.0/0 by 192.0.2.254 in table main'],
  ['a rule that is gone', 'ip rule del from 192.0.2.100', 'there is no rule that looks up 192.0.2.100/32'],
  ['a firewall that is gone', 'nft delete table inet weir', 'the firewall has no table inet weir'],
  ['a firewall whose rules are gone', 'nft flush chain inet weir input', 'are not those that were loaded'],
  ['a firewall with one rule more', 'nft insert rule inet weir input tcp dport 9999 accept', 'are not those that were loaded'],
  ['an HAProxy that was stopped', 'systemctl stop haproxy', "HAProxy's master does not answer"],
  ['a networkd that was stopped', 'systemctl stop systemd-networkd.socket systemd-networkd', 'systemd-networkd is not running'],
  ['an rsyslog that was stopped', 'systemctl stop rsyslog', 'rsyslog is not running'],
  ['a hostname given by hand', 'hostname other', 'the hostname is other, not lb1'],
  ['a password given by hand', 'echo admin:other | chpasswd', "admin's password is not the document's"],
])('%s is drift, and an apply without a document repairs it', async (_, damage, sign) => {
  await box.sh(damage);
  const planned = await box.weir(['plan', '--check']);
  expect(planned).toMatchObject({ code: 1, stdout: expect.stringContaining(sign) });
  await expect.poll(async () => (await box.weir(['status', '--check'])).stdout, { timeout: 5000 }).toContain(sign);
  const { code, stderr } = await box.weir(['apply']);
  expect({ code, stderr }).toMatchObject({ code: 0 });
  expect(await box.settled()).toMatchObject({ state: 'as confirmed', drift: [], warnings: [] });
  expect(await box.fetch()).toBe('one');
  expect((await box.weir(['plan', '--check'])).code).toBe(0);
});

test('a repair of a link costs no request on the way of those that are well', async () => {
  const load = 'for i in $(seq 300); do curl -s -m 2 http://192.0.2.100/ || echo -n LOST; echo; done | sort | uniq -c';
  const requests = box.world.run(['sh', '-c', load], { timeoutMs: 60_000 });
  await box.sh('ip rule del from 192.0.2.1');
  expect((await box.weir(['apply'])).code).toBe(0);
  expect((await requests).stdout.trim().replace(/\s+/g, ' ')).toBe('300 one');
});

test('pings and traffic do not make the firewall look like another one', async () => {
  await box.world.run(['sh', '-c', 'ping -c 3 -i 0.2 192.0.2.1; curl -s -m 2 http://192.0.2.100/']);
  expect((await box.weir(['plan', '--check'])).code).toBe(0);
});
