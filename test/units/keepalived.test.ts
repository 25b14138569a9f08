import { afterAll, beforeAll, expect, test } from 'vitest';
import { frontLink } from '../support/generation.ts';
import { type Appliance, startAppliance } from './appliance.ts';

/** A pair of which this machine is lb1: an instance for each family, and VIPs as people write them. */
function pair(router: number, vip = '192.0.2.100'): string {
  return `version: 1
nodes:
  lb1: { links: { front: { mac: ${frontLink.mac}, addresses: [192.0.2.1/24, "2001:db8:0:0::1/64"] } } }
  lb2: { links: { front: { mac: 52:54:00:99:99:99, addresses: [192.0.2.2/24, "2001:db8::2/64"] } } }
vrrp:
  site: { link: front, virtual_router_id: ${router}, advert: fast, prefer: lb1 }
  six: { link: front, virtual_router_id: 52, advert: normal, prefer: lb2 }
vips:
  www: { vrrp: site, addresses: [${vip}, 192.0.2.101, "2001:DB8:0::0:100"] }
  six: { vrrp: six, addresses: ["2001:db8:0:0:1::"] }
frontends:
  web: { bind: [{ vip: www, port: 80 }], default_backend: app }
backends:
  app: { servers: { app1: 192.0.2.254:8081 } }
`;
}

let box: Appliance;
beforeAll(async () => {
  box = await startAppliance();
  const { code, stderr } = await box.weir(['apply', '-', '--yes'], pair(51));
  expect({ code, stderr }).toMatchObject({ code: 0 });
});
afterAll(async () => box?.stop());

/** What keepalived says now, by itself. */
const running = async () => {
  const file = '/run/keepalived/keepalived.json';
  await box.sh(`rm -f ${file}; kill -$(keepalived --signum=JSON) $(cat /run/keepalived/keepalived.pid)`);
  // it writes while we read
  await expect.poll(() => box.sh(`cat ${file} 2>/dev/null || true`), { timeout: 20_000 }).toMatch(/\}\s*$/);
  const { vrrp } = JSON.parse(await box.sh(`cat ${file}`)) as {
    vrrp: readonly { data: { iname: string; vrid: number; base_priority: number } }[];
  };
  return vrrp.map(({ data: { iname, vrid, base_priority } }) => [iname, vrid, base_priority]);
};

test("an apply is confirmed once keepalived says that it runs the document's instances, and status finds no difference", async () => {
  expect(await running()).toEqual([
    ['site', 51, 254],
    ['six', 52, 253],
  ]);
  expect(await box.settled()).toMatchObject({ state: 'as confirmed', drift: [], warnings: [] });
  expect((await box.weir(['apply', '-', '--yes'], pair(61, '192.0.2.110'))).code).toBe(0);
  expect(await running()).toContainEqual(['site', 61, 254]);
});

test('a keepalived that goes on with its old file although it is active: the apply is taken back, with the differences', async () => {
  const before = await running();
  await box.sh(
    `mkdir -p /run/systemd/system/keepalived.service.d
    printf '[Service]\nExecReload=\nExecReload=/bin/true\n' >/run/systemd/system/keepalived.service.d/deaf.conf; systemctl daemon-reload`,
  );
  const { code, stderr } = await box.weir(['apply', '-', '--yes'], pair(71, '192.0.2.120'));
  await box.sh('rm -r /run/systemd/system/keepalived.service.d; systemctl daemon-reload');
  expect({ code, stderr }).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(
      /instance site with virtual_router_id 61, its file says 71; .*site with VIPs 192\.0\.2\.101,192\.0\.2\.110,2001:db8::100, its file says [\s\S]*Rolled back/,
    ),
  });
  expect(await running()).toEqual(before);
  expect(await box.settled()).toMatchObject({ state: 'as confirmed', drift: [], warnings: [] });
});

test('what somebody made keepalived run instead is a warning of the status', async () => {
  await box.sh(`sed -i 's/priority 254/priority 100/' /run/weir/keepalived.conf; systemctl reload keepalived; sleep 1`);
  await box.sh('systemctl restart weir-agent');
  const { warnings, drift } = await box.settled();
  expect(warnings).toEqual([expect.stringContaining('keepalived runs the VRRP instance site with priority 100, its file says 254')]);
  expect(drift).toEqual(['/run/weir/keepalived.conf']);
  expect((await box.weir(['apply', '--yes'])).code).toBe(0);
  expect(await running()).toContainEqual(['site', 61, 254]);
});
