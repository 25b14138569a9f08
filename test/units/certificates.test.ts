import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { frontLink } from '../support/generation.ts';
import { type Appliance, startAppliance } from './appliance.ts';

/** A VIP with TLS, whose certificate `shop` is from a CA with an intermediate. */
const document = `version: 1
nodes:
  lb1: { links: { front: { mac: ${frontLink.mac}, addresses: [192.0.2.1/24], gateway: 192.0.2.254 } } }
vips: { www: { link: front, addresses: [192.0.2.100] } }
certificates: { shop: { pem: shop.pem, sni: [shop.example] } }
frontends:
  web:
    bind: [{ vip: www, port: 443, ssl: [shop] }]
    default_backend: app
    extra: ["http-request return status 200 content-type text/plain string one"]
backends:
  app: { servers: { app1: 192.0.2.254:8081 } }
`;

/** Shell: a root, an intermediate, and what signs for it. `sign CSR NAME DAYS` answers with the certificate. */
const authority = `
mkdir -p /root/ca && cd /root/ca
key() { openssl genpkey -quiet -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out $1.key; }
key root; openssl req -x509 -new -key root.key -subj '/CN=Test Root' -days 3650 -out root.crt
key inter; openssl req -new -key inter.key -subj '/CN=Test Intermediate' -out inter.csr
printf 'basicConstraints=critical,CA:TRUE\\nkeyUsage=critical,keyCertSign\\n' >inter.ext
openssl x509 -req -in inter.csr -CA root.crt -CAkey root.key -days 1800 -extfile inter.ext -out inter.crt 2>/dev/null
cat >sign <<'END'
#!/bin/sh -eu
cd /root/ca
csr=$1; shift
printf 'authorityInfoAccess=caIssuers;URI:http://ca.example/inter.cer\\nbasicConstraints=CA:FALSE\\n' >leaf.ext
openssl x509 -req -in "$csr" -CA inter.crt -CAkey inter.key -copy_extensions copy -extfile leaf.ext "$@" -out leaf.crt 2>/dev/null
cat leaf.crt
END
chmod +x sign
leaf() { key $1; openssl req -new -key $1.key -subj "/CN=$1.example" -addext "subjectAltName=DNS:$1.example" -out $1.csr; }
leaf shop; ./sign shop.csr -days 90 >shop.crt; cat shop.crt inter.crt shop.key >/root/first.pem
`;

let box: Appliance;
beforeAll(async () => {
  box = await startAppliance({ files: { '/opt/site/config.yaml': document } });
  await sh(authority);
  await sh('mkdir -p /opt/site/certificates && cp /root/first.pem /opt/site/certificates/shop.pem');
  const { code, stderr } = await box.weir(['apply', '/opt/site/config.yaml', '--yes']);
  expect({ code, stderr }).toMatchObject({ code: 0 });
});
afterAll(async () => box?.stop());

async function sh(script: string): Promise<string> {
  const { code, stdout, stderr } = await box.run(['sh', '-euc', script], { timeoutMs: 120_000 });
  if (code !== 0) throw new Error(`${script}: ${stderr}`);
  return stdout;
}
/** The subjects of the chain that a client is shown. */
const shown = async (servername = 'shop.example') => {
  const line = `openssl s_client -connect 192.0.2.100:443 -servername ${servername} -showcerts </dev/null 2>/dev/null | grep -E '^ *[0-9]+ s:' | sed 's/.*s://'`;
  return (await box.world.run(['sh', '-c', line])).stdout.trim().split('\n');
};
const serial = async () =>
  (
    await box.world.run(['sh', '-c', 'openssl s_client -connect 192.0.2.100:443 </dev/null 2>/dev/null | openssl x509 -noout -serial'])
  ).stdout.trim();
/** All that a refused command must leave as it was. */
const picture = () =>
  sh(
    'readlink /data/weir/confirmed; sha256sum /data/weir/certificates/* /run/weir/certificates/*; ls /data/weir/requests 2>/dev/null || true',
  );
const workerOf = () => sh('echo "@1 show info" | socat - UNIX-CONNECT:/run/weir/haproxy-master.sock | grep ^Pid');

describe('a certificate that is requested here', () => {
  test('has a key that nobody sees, and a request that says its names', async () => {
    const { code, stdout, stderr } = await box.weir(['cert', 'request', 'shop', '--subject', 'C=FR,O=Söhne / Co']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: expect.stringContaining('EC P-256 key for shop.example, which stays here') });
    expect(stdout).toMatch(/^-----BEGIN CERTIFICATE REQUEST-----[^-]+-----END CERTIFICATE REQUEST-----\n$/);
    expect(
      await sh(
        `cat >/root/shop.csr <<'END'\n${stdout}END\nopenssl req -in /root/shop.csr -noout -verify -text -nameopt utf8,sep_comma_plus 2>&1`,
      ),
    ).toMatch(/verify OK.*Subject: C=FR,O=Söhne \/ Co,CN=shop.example.*NIST CURVE: P-256.*DNS:shop.example/s);
    expect(await sh('stat -c "%a %U" /data/weir/requests/shop.key')).toBe('600 root\n');
    const key = (await sh('sed -n 2p /data/weir/requests/shop.key')).trim();
    expect(await sh(`journalctl --no-pager | grep -cF '${key}' || true`)).toBe('0\n');
    expect((await box.weir(['cert', 'list'])).stdout).toContain('shop  requested by root');
    expect((await box.weir(['cert', 'request', 'shop'])).stdout).toBe(stdout);
    expect(await box.weir(['cert', 'request', 'shop', '--san', 'other.example'])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('waits since'),
    });
  });

  test('is installed with its chain in order, the root left out', async () => {
    await sh(
      'cd /root/ca && ./sign /root/shop.csr -days 60 >/root/answer.crt; cat root.crt inter.crt root.crt /root/answer.crt inter.crt >/root/answer.pem',
    );
    const before = await serial();
    const { code, stderr } = await box.weir(['cert', 'install', 'shop', '/root/answer.pem']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: expect.stringContaining('left out: the root "CN=Test Root"') });
    expect(await shown()).toEqual(['C = FR, O = S\\C3\\B6hne / Co, CN = shop.example', 'CN = Test Intermediate']);
    expect(await serial()).not.toBe(before);
    expect(await sh('ls -A /data/weir/requests')).toBe('');
    expect(
      await sh('cmp /data/weir/certificates/shop.pem /run/weir/certificates/shop.pem; grep -c BEGIN /data/weir/certificates/shop.pem'),
    ).toBe('3\n');
    expect((await box.weir(['history', '--json'])).stdout).toContain('"id":"2-lb1"');
    expect((await box.weir(['plan', '--check'])).code).toBe(0);
  });

  test('is rolled back as any other change', async () => {
    const now = await serial();
    expect((await box.weir(['rollback'])).code).toBe(0);
    expect(await shown()).toEqual(['CN = shop.example', 'CN = Test Intermediate']);
    expect(await serial()).not.toBe(now);
    expect((await box.weir(['rollback', '2-lb1'])).code).toBe(0);
    expect(await serial()).toBe(now);
  });

  test('of RSA has the bits that were asked for', async () => {
    const { stdout, stderr } = await box.weir(['cert', 'request', 'big', '--rsa', '3072', '--san', 'big.example,192.0.2.9,*.big.example']);
    expect(stderr).toContain('RSA 3072 key for big.example 192.0.2.9 *.big.example');
    expect(await sh(`openssl req -noout -text <<'END'\n${stdout}END`)).toMatch(
      /CN ?= ?big.example.*3072 bit.*DNS:big.example, IP Address:192.0.2.9, DNS:\*.big.example/s,
    );
    await sh(`cd /root/ca; cat >big.csr <<'END'\n${stdout}END\n./sign big.csr -days 90 >big.crt`);
    const { code, stdout: said } = await box.weir(['cert', 'install', 'big', '/root/ca/big.crt']);
    expect({ code, said }).toEqual({ code: 0, said: expect.stringContaining('certificates: { big: { pem: big.pem } }') });
    expect(said).toContain('the issuer "CN=Test Intermediate" is not in the chain');
    expect(said).toContain('it is at http://ca.example/inter.cer');
    expect(await sh('stat -c %a /data/weir/certificates/big.pem')).toBe('600\n');
  });

  test.each([
    ['without names', ['x'], 'say --san'],
    ['for what is no name', ['x', '--san', 'a b,c;d'], '"c;d" cannot be'],
    ['for a name that openssl would read as another', ['x', '--san', 'a.example\\,DNS:b.example'], 'cannot be'],
    ['with a small key', ['x', '--san', 'a.example', '--rsa', '1024'], '"1024" is not a number of bits'],
    ['with a huge key', ['x', '--san', 'a.example', '--rsa', '4097'], '"4097"'],
    ['with a subject of no form', ['x', '--san', 'a.example', '--subject', 'Example'], '"Example" is no subject'],
    ['with a path for a name', ['../x', '--san', 'a.example'], 'a name begins with a letter'],
    ['without a name', [], 'takes one name'],
  ])('%s is refused', async (_, args, reason) => {
    const before = await picture();
    expect(await box.weir(['cert', 'request', ...args])).toMatchObject({ code: 2, stderr: expect.stringContaining(reason) });
    expect(await picture()).toBe(before);
  });
});

describe('a PFX file', () => {
  beforeAll(async () => {
    await sh(`cd /root/ca
      openssl genpkey -quiet -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out pfx.key
      openssl req -new -key pfx.key -subj /CN=pfx.example -addext subjectAltName=DNS:shop.example -out pfx.csr
      ./sign pfx.csr -days 90 >pfx.crt; cat root.crt inter.crt >more.crt
      openssl pkcs12 -export -inkey pfx.key -in pfx.crt -certfile more.crt -passout pass:'p ä$s' -out /root/new.pfx
      openssl pkcs12 -export -legacy -inkey pfx.key -in pfx.crt -certfile more.crt -passout pass:'p ä$s' -out /root/old.pfx -name Müller
      openssl pkcs12 -info -noout -in /root/old.pfx -legacy -passin pass:'p ä$s' 2>&1 | grep -q RC2`);
  });

  test.each(['new', 'old'])('that is %s becomes the certificate of the document, its chain in order', async (age) => {
    await box.weir(['rollback', '1-lb1']);
    const { code, stderr } = await box.weir(['cert', 'import', `/root/${age}.pfx`, '--name', 'shop'], 'p ä$s\n');
    expect({ code, stderr }).toMatchObject({ code: 0 });
    expect(await shown()).toEqual(['CN = pfx.example', 'CN = Test Intermediate']);
    expect((await box.weir(['cert', 'list'])).stdout).toMatch(
      /shop {2}\(shop.pem\)\n +ends .* days left\n +for +shop.example\n +subject +CN=pfx.example, RSA 2048\n +issuer +CN=Test Intermediate\n +binds +web 192.0.2.100:443/,
    );
  });

  test('without a password is taken too', async () => {
    await sh('cd /root/ca && openssl pkcs12 -export -inkey pfx.key -in pfx.crt -passout pass: -out /root/open.pfx');
    const { code, stderr } = await box.weir(['cert', 'import', '/root/open.pfx', '--name', 'open']);
    expect({ code, stderr }).toMatchObject({ code: 0 });
  });

  test('asks for its password at a terminal, and does not show it', async () => {
    const typed = `script -qec 'weir cert import /root/old.pfx --name api --out /tmp/typed.pem' /root/typescript >/dev/null`;
    await sh(`{ sleep 2; printf 'p ä$s\\n'; sleep 3; } | ${typed}; test -s /tmp/typed.pem`);
    const seen = await sh('cat /root/typescript');
    expect(seen).toContain('Password of old.pfx:');
    expect(seen).not.toContain('ä$s');
  });

  test('of a certificate that no document names gives the line to write', async () => {
    const { code, stdout } = await box.weir(['cert', 'import', '/root/old.pfx', '--name', 'api'], 'p ä$s');
    expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringContaining('certificates: { api: { pem: api.pem } }') });
    expect(await sh('grep -c BEGIN /data/weir/certificates/api.pem')).toBe('3\n');
  });

  test('becomes a file beside a document anywhere', async () => {
    const { code, stdout } = await box.weir(
      ['cert', 'import', '/root/old.pfx', '--name', 'api', '--out', '/opt/site/certificates/api.pem'],
      'p ä$s',
    );
    expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringContaining('certificates: { api: { pem: api.pem } }') });
    expect(await sh('stat -c %a /opt/site/certificates/api.pem')).toBe('600\n');
  });

  test('never has its password among the arguments of a process', async () => {
    const watch = box.sh(
      `for i in $(seq 400); do cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\\0' ' ' | grep -F 'p ä$s' | grep -v grep; done | wc -l`,
    );
    await box.weir(['cert', 'import', '/root/old.pfx', '--name', 'api', '--out', '/tmp/x.pem'], 'p ä$s');
    expect(await watch).toBe('0\n');
  });
});

describe('what cannot be served is refused, and nothing changes:', () => {
  beforeAll(async () => {
    await sh(`cd /root/ca
      cat inter.crt root.crt >/root/no-leaf.pem
      cat shop.crt shop.key root.key >/root/two-keys.pem
      cat shop.crt root.key >/root/other-key.pem
      openssl pkey -in shop.key -aes256 -passout pass:x -out enc.key; cat shop.crt enc.key >/root/encrypted.pem
      sed 5d shop.crt >/root/damaged.pem; cat shop.key >>/root/damaged.pem
      openssl x509 -req -in shop.csr -CA inter.crt -CAkey inter.key -not_before 20240101000000Z -not_after 20250101000000Z -out old.crt 2>/dev/null
      cat old.crt shop.key >/root/expired.pem
      echo hello >/root/text.pem; head -c 1000 /dev/urandom >/root/random.pem`);
  });
  test.each([
    ['a chain without the certificate', 'no-leaf', 'no private key in it, and no request of this name waits'],
    ['two keys', 'two-keys', 'there are 2 private keys in it'],
    ['the key of another one', 'other-key', 'no certificate in it is for its key: there is "CN=shop.example"'],
    ['an encrypted key', 'encrypted', 'its private key is encrypted'],
    ['a damaged certificate', 'damaged', 'one of its certificates is damaged'],
    ['one that has expired', 'expired', 'its certificate expired on 2025-01-01'],
    ['no certificate', 'text', 'there is no certificate in it'],
    ['noise', 'random', 'there is no certificate in it'],
    ['nothing', 'nothing', 'there is no such file'],
  ])('%s', async (_, file, reason) => {
    const before = await picture();
    expect(await box.weir(['cert', 'install', 'shop', `/root/${file}.pem`])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining(reason),
    });
    expect(await picture()).toBe(before);
  });
  test('the answer to another request', async () => {
    await box.weir(['cert', 'request', 'shop']);
    const before = await picture();
    const { code, stderr } = await box.weir(['cert', 'install', 'shop', '/root/ca/shop.crt']);
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr: expect.stringContaining('no certificate in it is for the key that was requested for'),
    });
    expect(await picture()).toBe(before);
  });
  test('and a request can be forgotten, with its key', async () => {
    expect(await box.weir(['cert', 'forget', 'shop'])).toMatchObject({ code: 0 });
    expect(await sh('ls -A /data/weir/requests')).toBe('');
    expect(await box.weir(['cert', 'forget', 'shop'])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('no request for "shop" waits'),
    });
  });
  test.each([
    ['a wrong password', ['/root/old.pfx'], 'wrong', 'the password of /root/old.pfx is wrong'],
    ['a wrong password of a new file', ['/root/new.pfx'], '', 'the password of /root/new.pfx is wrong'],
    ['PEM', ['/root/first.pem'], '', '/root/first.pem is no PFX file'],
  ])('%s', async (_, args, password, reason) => {
    const before = await picture();
    const { code, stderr } = await box.weir(['cert', 'import', ...args, '--name', 'shop'], password);
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining(reason) });
    expect(await picture()).toBe(before);
  });
});

test('a file that was replaced on the disk is served once it is asked for', async () => {
  await sh('cp /root/first.pem /data/weir/certificates/shop.pem');
  const { code, stderr } = await box.weir(['cert', 'reload', 'shop']);
  expect({ code, stderr }).toMatchObject({ code: 0 });
  expect(await shown()).toEqual(['CN = shop.example', 'CN = Test Intermediate']);
  expect(await box.weir(['cert', 'reload'])).toMatchObject({ code: 0, stderr: expect.stringContaining('nothing to do') });
  await sh('cp /root/two-keys.pem /data/weir/certificates/shop.pem');
  const worker = await workerOf();
  expect(await box.weir(['cert', 'reload'])).toMatchObject({ code: 2, stderr: expect.stringContaining('2 private keys') });
  expect(await workerOf()).toBe(worker);
  expect(await box.weir(['cert', 'reload', 'nobody'])).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('no certificate "nobody"'),
  });
});

/** A client that opens a TLS connection every 5 ms, asks once over each, and asks every 100 ms over one that it keeps; says what it was shown and lost. */
const clients = (seconds: number) => `
  const tls = require('node:tls');
  const to = { host: '192.0.2.100', port: 443, servername: 'shop.example', rejectUnauthorized: false };
  const shown = {}; let sent = 0, ok = 0, kept = 0, keptLost = 0;
  const request = 'GET / HTTP/1.1\\r\\nHost: shop.example\\r\\n';
  const one = () => {
    sent++;
    const socket = tls.connect(to, () => {
      const serial = socket.getPeerCertificate().serialNumber;
      shown[serial] = (shown[serial] ?? 0) + 1;
      socket.write(request + 'Connection: close\\r\\n\\r\\n');
    });
    let text = '';
    socket.on('data', (data) => (text += data)).on('error', () => {}).on('close', () => (ok += text.endsWith('one') ? 1 : 0));
  };
  const long = tls.connect(to, () => {
    const timer = setInterval(() => { kept++; long.write(request + '\\r\\n'); }, 100);
    setTimeout(() => clearInterval(timer), ${seconds} * 1000);
  });
  let heard = 0;
  long.on('data', (data) => (heard += (String(data).match(/one/g) ?? []).length)).on('close', () => keptLost++);
  const timer = setInterval(one, 5);
  setTimeout(() => { clearInterval(timer); setTimeout(() => { console.log(JSON.stringify({ sent, ok, kept, heard, keptLost, shown })); process.exit(); }, 1000); }, ${seconds} * 1000);
`;

test('under load a new certificate is served without a reload, and no connection is lost', async () => {
  await box.weir(['rollback', '1-lb1']);
  const worker = await workerOf();
  const load = box.world.run(['node', '-e', clients(20)], { timeoutMs: 60_000 });
  const serials = [await serial()];
  for (let turn = 0; turn < 2; turn++) {
    await sh('cd /root/ca && ./sign shop.csr -days 90 >next.crt && cat next.crt inter.crt shop.key >/root/next.pem');
    const { code, stderr } = await box.weir(['cert', 'install', 'shop', '/root/next.pem']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: expect.stringContaining('then activate: haproxy (without a reload)') });
    expect(stderr).toContain('~ /run/weir/certificates/shop.pem');
    expect(stderr).toContain('0 to create, 1 to change, 0 to remove');
    serials.push(await serial());
  }
  expect((await box.weir(['rollback'])).code).toBe(0);
  expect(await serial()).toBe(serials.at(-2));
  const result = JSON.parse((await load).stdout);
  console.log(`under load: ${JSON.stringify(result)}`);
  expect(result).toMatchObject({ ok: result.sent, heard: result.kept, keptLost: 0 });
  expect(result.sent).toBeGreaterThan(1000);
  expect(Object.keys(result.shown).sort()).toEqual([...new Set(serials)].map((line) => line.replace('serial=', '')).sort());
  expect(await workerOf()).toBe(worker);
  expect(await box.settled()).toMatchObject({ state: 'as confirmed', drift: [], warnings: [] });
});

test('a certificate that ends soon is said at every apply, by the status and to monitoring', async () => {
  await sh('cd /root/ca && ./sign shop.csr -days 10 >next.crt && cat next.crt inter.crt shop.key >/root/next.pem');
  const { code, stderr } = await box.weir(['cert', 'install', 'shop', '/root/next.pem']);
  expect({ code, stderr }).toEqual({ code: 0, stderr: expect.stringContaining('certificates/shop.pem expires in 9 days') });
  const said = 'the certificate of certificates/shop.pem expires in 9 days, on ';
  expect((await box.weir(['status'])).stdout).toContain(said);
  expect(await box.weir(['status', '--check'])).toMatchObject({
    code: 1,
    stdout: expect.stringMatching(`^WEIR WARNING - as confirmed.*${said}`),
  });
  expect((await box.weir(['plan'])).stderr).toContain(said);
  expect((await box.weir(['cert', 'list'])).stdout).toMatch(/9 days left: renew it\n/);
  expect((await box.weir(['rollback'])).code).toBe(0);
  expect(await box.weir(['status', '--check'])).toMatchObject({ code: 0, stdout: expect.not.stringContaining('expires') });
});

test('a certificate that is too long for the socket is served by a reload', async () => {
  await sh(`cd /root/ca; { printf 'basicConstraints=CA:FALSE\\nsubjectAltName='; seq -s, -f 'DNS:shop%g.a-rather-long-name.example' 600; } >long.ext
    openssl x509 -req -in shop.csr -CA inter.crt -CAkey inter.key -extfile long.ext -days 90 -out long.crt 2>/dev/null
    cat long.crt inter.crt shop.key >/root/long.pem; test $(stat -c %s /root/long.pem) -gt 16384`);
  const worker = await workerOf();
  const { code, stderr } = await box.weir(['cert', 'install', 'shop', '/root/long.pem']);
  expect({ code, stderr }).toEqual({ code: 0, stderr: expect.stringContaining('it is longer than a command may be): it reloads') });
  expect(await serial()).toContain((await sh('openssl x509 -noout -serial -in /root/long.pem')).trim());
  expect(await workerOf()).not.toBe(worker);
});
