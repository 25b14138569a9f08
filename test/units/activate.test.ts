import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { renderDraining } from '../../appliance/network/draining.ts';
import { renderNftables } from '../../appliance/network/nftables.ts';
import { type Container, startContainer } from '../support/container.ts';
import { answering, fetchFront, front, frontLink, generation } from '../support/generation.ts';
import type { StagedFile } from '../support/staged.ts';

let machine: Container;
const out = async (...argv: string[]) => (await machine.run(argv)).stdout;
const activate = (...services: string[]) => machine.run(['/usr/lib/weir/activate', ...services]);
const lay = async (path: string, file: StagedFile) => {
  const input = typeof file === 'string' ? file : 'content' in file ? String(file.content) : '';
  const { code, stderr } = await machine.run(
    ['sh', '-euc', `mkdir -p "\${1%/*}"; umask 077; cat >"$1"; chmod ${path.includes('network') ? 644 : 600} "$1"`, 'sh', path],
    { input },
  );
  if (code !== 0) throw new Error(stderr);
};

beforeAll(async () => {
  machine = await startContainer({
    links: [frontLink],
    data: generation('1-lb1', {
      ...front,
      '/run/weir/haproxy.cfg': answering('one'),
      '/run/systemd/network/20-inner.netdev': '[NetDev]\nName=inner\nKind=bridge\n',
      '/run/systemd/network/30-inner.network': '[Match]\nName=inner\n\n[Network]\nAddress=10.9.0.1/24\nConfigureWithoutCarrier=yes\n',
    }),
  });
  await fetchFront(machine);
});
afterAll(async () => machine?.stop());

test('a service that does not exist is named, and what there is', async () => {
  const { code, stderr } = await activate('apache');
  expect(code).toBe(1);
  expect(stderr).toContain('there is no service apache; there are: nftables networkd');
});

describe('haproxy', () => {
  test('reloads without losing a request', async () => {
    const load = machine.world.run(['sh', '-c', 'for n in $(seq 300); do curl -sS -m 2 -o /dev/null http://192.0.2.1/ || echo lost; done']);
    for (const body of ['two', 'three', 'four']) {
      await lay('/run/weir/haproxy.cfg', answering(body));
      expect(await activate('haproxy')).toEqual({ code: 0, stdout: '', stderr: '' });
      expect(await fetchFront(machine)).toBe(body);
    }
    expect((await load).stdout + (await load).stderr).toBe('');
  });

  test('goes on with the old configuration when the new one is refused, and says why', async () => {
    await lay('/run/weir/haproxy.cfg', 'frontend web\n  bind :80\n  use_backend nowhere\n');
    const { code, stderr } = await activate('haproxy');
    expect(code).toBe(1);
    expect(stderr).toContain("unable to find required use_backend: 'nowhere'");
    expect(stderr).toContain('haproxy does not follow its files');
    expect(await fetchFront(machine)).toBe('four');
    await lay('/run/weir/haproxy.cfg', answering('four'));
    expect((await activate('haproxy')).code).toBe(0);
  });

  test('stops when its file is gone, and starts when it is back', async () => {
    await machine.run(['rm', '/run/weir/haproxy.cfg']);
    expect((await activate('haproxy')).code).toBe(0);
    expect(await out('ss', '-Htln', 'sport = :80')).toBe('');
    await lay('/run/weir/haproxy.cfg', answering('five'));
    expect((await activate('haproxy')).code).toBe(0);
    expect(await fetchFront(machine)).toBe('five');
  });
});

describe('networkd', () => {
  const addresses = (link: string) => out('ip', '-br', 'address', 'show', 'dev', link);

  test('takes a changed address, and drops the old one', async () => {
    await lay(
      '/run/systemd/network/30-inner.network',
      '[Match]\nName=inner\n\n[Network]\nAddress=10.9.0.2/24\nConfigureWithoutCarrier=yes\n',
    );
    expect((await activate('networkd')).code).toBe(0);
    await expect.poll(() => addresses('inner'), { timeout: 10_000 }).toContain('10.9.0.2/24');
    await expect.poll(() => addresses('inner'), { timeout: 10_000 }).not.toContain('10.9.0.1/24');
  });

  test('touches no address of a link whose file did not change', async () => {
    await machine.run(['sh', '-c', 'ip monitor address dev front >/run/monitor 2>&1 & echo $! >/run/monitor.pid']);
    await lay(
      '/run/systemd/network/30-inner.network',
      '[Match]\nName=inner\n\n[Network]\nAddress=10.9.0.3/24\nConfigureWithoutCarrier=yes\n',
    );
    expect((await activate('networkd')).code).toBe(0);
    await expect.poll(() => addresses('inner'), { timeout: 10_000 }).toContain('10.9.0.3/24');
    await machine.run(['sh', '-c', 'kill $(cat /run/monitor.pid)']);
    expect(await machine.run(['cat', '/run/monitor'])).toEqual({ code: 0, stdout: '', stderr: '' });
  });

  test('makes a device anew whose .netdev file changed', async () => {
    await lay('/run/systemd/network/20-inner.netdev', '[NetDev]\nName=inner\nKind=bridge\n\n[Bridge]\nAgeingTimeSec=77\n');
    expect((await activate('networkd')).code).toBe(0);
    await expect.poll(() => addresses('inner'), { timeout: 10_000 }).toContain('10.9.0.3/24');
    expect(await out('cat', '/sys/devices/virtual/net/inner/bridge/ageing_time')).toBe('7700\n');
  });

  test('removes a device whose files are gone, and no other', async () => {
    await machine.run(['ip', 'link', 'add', 'theirs', 'type', 'bridge']);
    await machine.run(['rm', '/run/systemd/network/20-inner.netdev', '/run/systemd/network/30-inner.network']);
    expect((await activate('networkd')).code).toBe(0);
    expect((await machine.run(['ip', 'link', 'show', 'inner'])).code).toBe(1);
    expect((await machine.run(['ip', 'link', 'show', 'theirs'])).code).toBe(0);
    expect(await addresses('front')).toContain('192.0.2.1/24');
  });
});

describe('nftables', () => {
  test('a table that does not load leaves the loaded one', async () => {
    await lay('/run/weir/nftables.conf', 'table inet weir { chain input { nonsense } }\n');
    const { code, stderr } = await activate('nftables');
    expect(code).toBe(1);
    expect(stderr).toContain('nonsense');
    expect(await out('nft', 'list', 'chain', 'inet', 'weir', 'input')).toContain('tcp dport { 22, 80 } accept');
  });

  test('closes everything when there is neither a table that loads nor a loaded one', async () => {
    await machine.run(['nft', 'delete', 'table', 'inet', 'weir']);
    expect((await activate('nftables')).code).toBe(1);
    expect(await out('nft', 'list', 'chain', 'inet', 'weir', 'input')).toContain('policy drop');
    await machine.run(['rm', '/run/weir/nftables.conf']);
    expect((await activate('nftables')).code).toBe(0);
  });

  test('what drains does so to one end, however often the table is replaced, and then its file goes', async () => {
    // which sees that no old worker is left, and takes the file away
    await machine.run(['systemctl', 'stop', 'weir-agent']);
    const nothing = { binds: [], ssh: null, peers: [], servers: [], dns: [], ntp: [], log: null, links: [] };
    const drains = { ports: [{ address: '*', protocol: 'tcp', port: 81 } as const], servers: [{ address: '192.0.2.9', port: 8081 }] };
    await lay('/run/weir/nftables.conf', renderNftables(nothing));
    await lay('/run/weir/draining-7-lb1.nft', renderDraining(drains, 6));
    const timeouts = async () => (await out('nft', 'list', 'table', 'inet', 'weir')).match(/timeout \d+s(?= expires)/g);
    expect((await activate('nftables')).code).toBe(0);
    expect(await timeouts()).toEqual(['timeout 6s', 'timeout 6s']);
    await sleep(2500);
    expect((await activate('nftables')).code).toBe(0);
    const [first, second] = (await timeouts()) ?? [];
    expect(['timeout 3s', 'timeout 4s']).toContain(first);
    expect(second).toBe(first);
    await sleep(4500);
    expect((await activate('nftables')).code).toBe(0);
    expect(await timeouts()).toBeNull();
    expect(await out('ls', '/run/weir')).not.toContain('draining');
    await machine.run(['rm', '/run/weir/nftables.conf']);
  });

  test('stopping the service does not open the machine', async () => {
    await machine.run(['systemctl', 'stop', 'nftables']);
    expect(await out('nft', 'list', 'chain', 'inet', 'weir', 'input')).toContain('policy drop');
  });
});

test('services follow however often they are asked to, whatever limit systemd has for crashes', async () => {
  for (let time = 0; time < 8; time++) expect(await activate('keyboard', 'resolved')).toEqual({ code: 0, stdout: '', stderr: '' });
});

test("admin's password comes and goes with its file, and the console's sentence with it", async () => {
  await lay('/run/weir/shadow', `admin:$y$j9T$abcdefgh$${'0'.repeat(43)}\n`);
  expect((await activate('admin', 'issue')).code).toBe(0);
  expect(await out('getent', 'shadow', 'admin')).toMatch(/^admin:\$y\$/);
  expect(await out('cat', '/run/issue.d/weir.issue')).not.toContain('no admin password');
  await machine.run(['rm', '/run/weir/shadow']);
  expect((await activate('admin', 'issue')).code).toBe(0);
  expect(await out('getent', 'shadow', 'admin')).toMatch(/^admin:!:/);
  expect(await out('cat', '/run/issue.d/weir.issue')).toContain('no admin password');
});

test("what is in a first document's error cannot be mistaken for words of agetty", async () => {
  await lay('/run/weir/first-boot.error', 'config.yaml:3:1: \\l is not known\n');
  await activate('issue');
  expect(await out('cat', '/run/issue.d/weir.issue')).toContain('config.yaml:3:1: \\\\l is not known');
});

test('without a name, everything follows', async () => {
  const { code, stderr } = await activate();
  expect(stderr).toBe('');
  expect(code).toBe(0);
});
