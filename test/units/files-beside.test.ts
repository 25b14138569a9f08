import { createHash } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { frontLink } from '../support/generation.ts';
import { makeCertificate } from '../support/haproxy-certificates.ts';
import { type Appliance, startAppliance } from './appliance.ts';

/** A VIP whose TLS has a certificate, and that looks clients' paths up in a map. */
const document = `version: 1
nodes:
  lb1: { links: { front: { mac: ${frontLink.mac}, addresses: [192.0.2.1/24], gateway: 192.0.2.254 } } }
vips: { www: { link: front, addresses: [192.0.2.100] } }
certificates: { shop: { pem: shop.pem } }
maps: { sites: { match: str, file: sites.map } }
frontends:
  web:
    bind: [{ vip: www, port: 80 }, { vip: www, port: 443, ssl: [shop] }]
    http-request:
      - { deny: 403, if: { path: { map: sites } } }
    default_backend: app
backends:
  app: { servers: { app1: 192.0.2.254:8081 } }
`;

/** No text at all; PEM with a name in Latin-1 before it, as openssl pkcs12 writes it; UTF-8 with the line ends of another system and none at its end. */
const secret = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));
const map = Buffer.from('/münchen 1\r\n/größe 2\r\n/last 3');
let pem: Buffer;
const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');

let box: Appliance;
beforeAll(async () => {
  const { cert, key } = await makeCertificate('shop.example');
  pem = Buffer.concat([Buffer.from('Bag Attributes\n    friendlyName: M\u00fcller\n', 'latin1'), Buffer.from(`${cert}${key}`)]);
  box = await startAppliance({
    files: {
      '/opt/site/config.yaml': document,
      '/opt/site/certificates/shop.pem': { content: pem, mode: 0o600 },
      '/opt/site/certificates/shop.pem~': 'what an editor left',
      '/opt/site/secrets/7': { content: secret, mode: 0o600 },
      '/opt/site/maps/sites.map': { content: map, mode: 0o644 },
    },
  });
});
afterAll(async () => box?.stop());

const apply = (...more: string[]) => box.weir(['apply', '/opt/site/config.yaml', ...more]);
const hashOf = async (path: string) => (await box.sh(`sha256sum ${path}`)).split(' ', 1)[0];
const blobs = async () =>
  (await box.sh('cd /data/weir/blobs && sha256sum * | grep -vE "^([0-9a-f]{64})  \\1$"; ls')).trim().split('\n').sort();
const status = async () => {
  const { state, drift, warnings } = await box.settled();
  return { state, drift, warnings };
};
const asConfirmed = { state: 'as confirmed', drift: [], warnings: [] };
const asked = (path: string) => box.world.run(['curl', '-s', '-o', '/dev/null', '-w', '%{http_code}', `http://192.0.2.100${path}`]);

test('files beside a document are on the appliance byte for byte, text or not', async () => {
  expect(await apply('--yes')).toMatchObject({ code: 0 });
  for (const place of ['/data/weir', '/run/weir']) {
    expect(await hashOf(`${place}/certificates/shop.pem`)).toBe(sha256(pem));
    expect(await hashOf(`${place}/maps/sites.map`)).toBe(sha256(map));
  }
  expect(await hashOf('/data/weir/secrets/7')).toBe(sha256(secret));
  expect(await blobs()).toEqual([sha256(pem), sha256(secret), sha256(map)].sort());
  expect(await box.sh('ls /data/weir/certificates; stat -c %a /data/weir/secrets/7 /run/weir/certificates/shop.pem')).toBe(
    'shop.pem\n600\n600\n',
  );
  expect((await asked(encodeURI('/münchen'))).stdout).toBe('503');
  expect((await asked('/last')).stdout).toBe('403');
  expect(await status()).toEqual(asConfirmed);
  expect(JSON.parse((await apply('--json')).stdout)).toMatchObject({ outcome: { kind: 'confirmed', changed: false } });
});

test('a certificate that somebody changed is drift, and an apply that fails puts back even that, byte for byte', async () => {
  const strange = sha256(Buffer.concat([pem, Buffer.from([0xff])]));
  await box.sh(`printf '\\377' >>/run/weir/certificates/shop.pem; systemctl restart weir-agent`);
  expect((await box.settled()).drift).toEqual(['/run/weir/certificates/shop.pem']);
  const plan = (await box.weir(['plan'])).stdout;
  expect(plan).toMatch(new RegExp(`~ /run/weir/certificates/shop.pem  \\d+ bytes \\(SHA-256 ${strange.slice(0, 12)}…\\) -> \\d+ bytes`));
  expect(await box.weir(['apply', '--yes', '--confirm', '5s'])).toMatchObject({ code: 1 });
  expect(await hashOf('/run/weir/certificates/shop.pem')).toBe(strange);
  expect(await box.weir(['apply', '--yes'])).toMatchObject({ code: 0 });
  expect(await hashOf('/run/weir/certificates/shop.pem')).toBe(sha256(pem));
  expect(await blobs()).toEqual([sha256(pem), sha256(secret), sha256(map)].sort());
});

test('a map of 50 MB is applied, changed and taken back, with little more memory than itself, and once on the disk', async () => {
  const peak = () => box.sh("awk '/^VmHWM/ { print int($2 / 1000) }' /proc/$(systemctl show -P MainPID weir-agent)/status");
  const restarts = () => box.sh('systemctl show -P NRestarts weir-agent');
  const before = await restarts();
  const make = (site: string) =>
    box.sh(`awk 'BEGIN { for (n = 0; n < 1900000; n++) printf "/${site}/with/a/path/%08d 1\\n", n }' >/opt/site/maps/sites.map`);
  await make('one');
  expect(Number(await box.sh('stat -c %s /opt/site/maps/sites.map'))).toBeGreaterThan(50_000_000);
  expect(await apply()).toMatchObject({ code: 0 });
  const one = await hashOf('/opt/site/maps/sites.map');
  expect((await asked('/one/with/a/path/01899999')).stdout).toBe('403');
  await make('two');
  expect(await apply('--confirm', '5s')).toMatchObject({ code: 1 });
  expect(await hashOf('/run/weir/maps/sites.map')).toBe(one);
  expect(await apply()).toMatchObject({ code: 0 });
  expect((await asked('/two/with/a/path/01899999')).stdout).toBe('403');
  expect(await box.weir(['rollback'])).toMatchObject({ code: 0 });
  expect(await hashOf('/run/weir/maps/sites.map')).toBe(one);
  expect((await asked('/one/with/a/path/01899999')).stdout).toBe('403');
  expect(await status()).toEqual(asConfirmed);
  expect(Number(await peak())).toBeLessThan(250);
  expect(await restarts()).toBe(before);
  // two maps, each as a blob of which the generations are further names; and the last one beside the document
  expect(Number(await box.sh('du -sm /data/weir | cut -f1'))).toBeLessThan(170);
  await box.sh('rm /run/weir/maps/sites.map');
  expect((await box.run(['/usr/lib/weir/restore'], { timeoutMs: 60_000 })).code).toBe(0);
  expect(await hashOf('/run/weir/maps/sites.map')).toBe(one);
  await expect.poll(async () => (await asked('/one/with/a/path/01899999')).stdout, { timeout: 30_000 }).toBe('403');
}, 240_000);

test('more than 64 MB beside a document are refused, and nothing is changed', async () => {
  await box.sh('for n in 1 2; do head -c 34000000 /dev/zero | tr "\\0" "\\n" >/opt/site/maps/$n.map; done; rm /opt/site/maps/sites.map');
  const before = await box.sh('readlink /data/weir/confirmed');
  const { code, stderr } = await apply();
  expect({ code, stderr }).toEqual({
    code: 2,
    stderr: `weir: cannot read a file beside /opt/site/config.yaml: certificates, secrets, maps, pages, lua have more than 64 MB in all (/opt/site/maps/2.map)
      check its permissions, or take it away
`,
  });
  expect(await box.sh('readlink /data/weir/confirmed')).toBe(before);
});
