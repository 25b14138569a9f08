import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { weirWith } from './weir.ts';

let work: string;
beforeEach(() => {
  work = mkdtempSync(join(tmpdir(), 'weir-cli-'));
  writeFileSync(join(work, 'config.yaml'), document);
});
afterEach(() => rmSync(work, { recursive: true, force: true }));

const document = `version: 1
nodes:
  lb1: { links: { front: { mac: 52:54:00:00:00:01, addresses: dhcp } } }
`;

const pem = join(import.meta.dirname, '../support/files/certificates/api.pem');
const weir = (...argv: string[]) => weirWith(document, ...argv);

test.each(['', '/', '//', '/tmp/..'])('render refuses to write over the machine itself: --out "%s"', async (out) => {
  // a document that is missing: were the folder not refused first, nothing would be written all the same
  expect(await weir('render', '--config', join(work, 'none.yaml'), '--out', out)).toEqual({
    code: 2,
    stdout: '',
    stderr: 'weir: the folder to write below would be / of this machine\n      name a folder of its own, such as --out out\n',
  });
});

test('render says what keeps it from writing', async () => {
  writeFileSync(join(work, 'file'), '');
  const { code, stderr } = await weir('render', '--config', join(work, 'config.yaml'), '--out', join(work, 'file'));
  expect(code).toBe(2);
  expect(stderr).toContain(`cannot write below ${work}/file: a file stands where a folder should be`);
});

test('render writes below its folder, from standard input too', async () => {
  expect(await weir('render', '--config', '-', '--out', join(work, 'out'))).toMatchObject({ code: 0 });
  expect(readdirSync(join(work, 'out')).sort()).toEqual(['etc', 'knobs.json', 'run']);
});

test('render gives every file its mode, whatever the umask', async () => {
  const umask = process.umask(0o077);
  try {
    await weir('render', '--config', '-', '--out', join(work, 'out'));
  } finally {
    process.umask(umask);
  }
  expect(statSync(join(work, 'out/run/weir/nftables.conf')).mode & 0o777).toBe(0o644);
  expect(statSync(join(work, 'out/run/weir/haproxy.cfg')).mode & 0o777).toBe(0o600);
});

test('render writes certificates and maps byte for byte, large ones and those with more than text before the PEM', async () => {
  const files = {
    'certificates/api.pem': Buffer.concat([Buffer.from('friendlyName: M\u00fcller\n', 'latin1'), readFileSync(pem)]),
    'maps/small.map': Buffer.from('/gr\u00f6\u00dfe 1\r\n'),
    'maps/large.map': Buffer.alloc(2 * 2 ** 20, '/path 1\n'),
  };
  for (const kind of ['certificates', 'maps']) mkdirSync(join(work, kind));
  for (const [name, bytes] of Object.entries(files)) writeFileSync(join(work, name), bytes);
  writeFileSync(
    join(work, 'config.yaml'),
    `${document}certificates: { api: { pem: api.pem } }
maps: { small: { match: str, file: small.map }, large: { match: str, file: large.map } }
frontends:
  web:
    bind: [{ address: "*:443", ssl: [api] }]
    http-request: [{ deny: 403, if: [{ path: { map: small } }, { path: { map: large } }] }]
    default_backend: app
backends: { app: { servers: { app1: "10.0.0.1:80" } } }
`,
  );
  const { code, stderr } = await weir('render', '--config', join(work, 'config.yaml'), '--out', join(work, 'out'));
  expect({ code, stderr }).toMatchObject({ code: 0 });
  for (const [name, bytes] of Object.entries(files)) {
    expect(Buffer.compare(readFileSync(join(work, 'out/run/weir', name)), bytes), name).toBe(0);
    expect(statSync(join(work, 'out/run/weir', name)).mode & 0o777).toBe(0o600);
  }
});

test('standard input has a name, and a schema is JSON', async () => {
  expect((await weir('validate', '-')).stdout).toBe('standard input: valid (nodes: lb1; 0 frontends, 0 backends)\n');
  expect(JSON.parse((await weir('schema', '--json')).stdout)).toMatchObject({ type: 'object' });
});

test('validate and render refuse the same kernel values, with the same words', async () => {
  writeFileSync(join(work, 'config.yaml'), `${document}tuning: { sysctl: { net.core.somaxcon: 1, vm.swappiness: 500 } }\n`);
  const validated = await weir('validate', join(work, 'config.yaml'));
  expect(validated).toMatchObject({ code: 2, stdout: '' });
  expect(validated.stderr).toContain(':4:21: net.core.somaxcon is not a kernel value that weir sets');
  expect(validated.stderr).toContain('did you mean net.core.somaxconn?');
  expect(validated.stderr).toContain(':4:58: vm.swappiness must lie between 0 and 200, not "500"');
  expect(await weir('render', '--config', join(work, 'config.yaml'), '--out', join(work, 'out'))).toEqual(validated);
});

test('validate and render refuse what no NIC should be told, at its place', async () => {
  const links = 'tuning: { links: { front: { coalesce: { adaptive-rx: true, rx-usecs: 30, tx-usecs: 500 } } } }';
  writeFileSync(join(work, 'config.yaml'), `${document}${links}\n`);
  const validated = await weir('validate', join(work, 'config.yaml'));
  expect(validated).toMatchObject({ code: 2, stdout: '' });
  expect(validated.stderr).toContain(':4:70: rx-usecs does nothing while adaptive-rx is true');
  expect(validated.stderr).toContain(':4:84: tx-usecs above 125 makes every answer wait for it');
  expect(await weir('render', '--config', join(work, 'config.yaml'), '--out', join(work, 'out'))).toEqual(validated);
});

test('render refuses what is beyond a NIC of the machine, at its place', async () => {
  const links = 'tuning: { links: { front: { channels: 64, ring: { rx: 8192 }, features: { rx-gro-hw: true }, irq-cpus: 14-17 } } }';
  writeFileSync(join(work, 'config.yaml'), `${document.replace('00:00:00:01', '00:a1:00:02')}${links}\n`);
  const hardware = join(import.meta.dirname, '../cases/nic-overrides/hardware.json');
  const { code, stderr } = await weir('render', '--config', join(work, 'config.yaml'), '--hardware', hardware, '--out', join(work, 'out'));
  expect(code).toBe(2);
  expect(stderr).toContain(':4:39: front (ixgbe) has at most 63 channels, not 64');
  expect(stderr).toContain(':4:55: the rx ring of front (ixgbe) holds at most 4096, not 8192');
  expect(stderr).toContain(':4:86: front (ixgbe) fixes rx-gro-hw off');
  expect(stderr).toContain(':4:104: this machine has no CPU 16-17');
});

test('a folder among the certificates is not looked into', async () => {
  mkdirSync(join(work, 'certificates/old'), { recursive: true });
  expect(await weir('validate', join(work, 'config.yaml'))).toMatchObject({ code: 0 });
});

test('a file beside the document that cannot be read is said', async () => {
  mkdirSync(join(work, 'maps'));
  symlinkSync('loop', join(work, 'maps/loop'));
  const { code, stderr } = await weir('validate', join(work, 'config.yaml'));
  expect(code).toBe(2);
  expect(stderr).toContain(`cannot read a file beside ${work}/config.yaml: its symbolic links lead in a circle (${work}/maps/loop)`);
});

test('render for a machine says what it carries, warns of what it may not, and refuses what it cannot', async () => {
  const hardware = join(import.meta.dirname, '../cases/sessions-asked/hardware.json');
  const asking = (maxconn: number) =>
    weirWith(
      `version: 1
nodes: { lb1: { links: { front: { mac: 52:54:00:a1:00:02, addresses: dhcp } } } }
frontends: { web: { maxconn: ${maxconn}, bind: [{ address: "*:80" }], default_backend: app } }
backends: { app: { default-server: { maxconn: 500 }, servers: { app1: "10.0.0.1:80" } } }
`,
      ...['render', '--config', '-', '--hardware', hardware, '--out', join(work, 'out'), '--json'],
    );
  const small = JSON.parse((await asking(1000)).stdout);
  expect(small).toMatchObject({ problems: [], capacity: { maxconn: 1000, possible: 150_000, practical: 75_000, bound: 'memory' } });
  const large = await asking(200_000);
  expect(large.code).toBe(0);
  expect(JSON.parse(large.stdout)).toMatchObject({
    capacity: { maxconn: 150_000 },
    problems: [{ severity: 'warning', path: 'frontends.web.maxconn' }],
  });
  const impossible = await asking(10_000_000);
  expect(impossible.code).toBe(2);
  expect(JSON.parse(impossible.stdout)).toMatchObject({
    problems: [
      { severity: 'error', path: 'frontends.web.maxconn', line: 3, message: expect.stringContaining('memory') },
      { severity: 'error', path: 'frontends.web.maxconn', line: 3, message: expect.stringContaining('open files') },
    ],
  });
});
