import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Container, startContainer } from '../support/container.ts';
import { answering, fetchFront, front, frontLink, generation } from '../support/generation.ts';

let machine: Container;
const out = async (...argv: string[]) => (await machine.run(argv)).stdout;
afterAll(async () => machine?.stop());

describe('a machine on which nothing is confirmed', () => {
  beforeAll(async () => {
    machine = await startContainer({ links: [frontLink] });
  });
  afterAll(async () => machine.stop());

  test('boots within seconds and no unit fails', async () => {
    expect(await out('systemctl', '--failed', '--plain', '--no-legend')).toBe('');
    expect(machine.bootedMs).toBeLessThan(20_000);
  });

  test('nothing listens but the resolver on loopback', async () => {
    const listening = (await out('ss', '-Htuln')).trim().split('\n');
    expect(listening.map((line) => line.split(/\s+/)[4]?.replace('%lo', '')).sort()).toEqual([
      '127.0.0.53:53',
      '127.0.0.53:53',
      '127.0.0.54:53',
      '127.0.0.54:53',
    ]);
  });

  test('its firewall lets nothing in', async () => {
    await machine.run(['ip', 'address', 'add', '192.0.2.1/24', 'dev', 'front']);
    await machine.run(['ip', 'link', 'set', 'front', 'up']);
    await machine.world.run(['ip', 'address', 'add', '192.0.2.254/24', 'dev', 'outside']);
    expect((await machine.world.run(['ping', '-c', '1', '-W', '1', '192.0.2.1'])).code).toBe(1);
    expect(await out('nft', 'list', 'chain', 'inet', 'weir', 'input')).toContain('policy drop');
  });

  test('nobody can log in, and the console says so', async () => {
    expect(await out('getent', 'shadow', 'admin')).toMatch(/^admin:!/);
    expect(await out('getent', 'shadow', 'root')).toMatch(/^root:[!*]/);
    expect(await out('cat', '/run/issue.d/weir.issue')).toContain('no admin password is set');
  });

  test('HAProxy, keepalived and sshd are not started', async () => {
    for (const unit of ['haproxy', 'keepalived', 'ssh']) expect(await out('systemctl', 'is-active', unit)).toBe('inactive\n');
  });

  test('secrets have a place that only root reads', async () => {
    for (const folder of ['identity', 'certificates', 'secrets', 'generations', 'blobs'])
      expect((await stat(join(machine.dataFolder, 'weir', folder))).mode & 0o777).toBe(0o700);
  });
});

describe('a machine with a confirmed generation and no Node', () => {
  beforeAll(async () => {
    const hash = `admin:$y$j9T$abcdefgh$${'0'.repeat(43)}\n`;
    machine = await startContainer({
      links: [frontLink],
      without: ['/usr/bin/node', '/usr/lib/weir/weir.mjs'],
      data: generation(
        '7-lb1',
        {
          ...front,
          '/run/weir/haproxy.cfg': answering('seven'),
          '/run/weir/certificates/shop.pem': { content: 'not a key\n', mode: 0o600 },
          '/run/weir/shadow': { content: hash, mode: 0o600 },
          '/run/sysctl.d/90-weir.conf': 'net.core.somaxconn = 12345\n',
          '/etc/hostname': 'lb1\n',
          '/etc/localtime': { link: '/usr/share/zoneinfo/Europe/Paris' },
        },
        { knobs: ['/proc/sys/net/core/somaxconn', '/proc/sys/net/ipv4/tcp_no_such_value'] },
      ),
    });
  });
  afterAll(async () => machine.stop());

  test('serves what is confirmed', async () => {
    expect(await fetchFront(machine)).toBe('seven');
    expect(await out('cat', '/run/weir/laid')).toBe('7-lb1\n');
  });

  test('has its files with their modes', async () => {
    expect(await out('stat', '-c', '%a %U %F %N', '/run/weir/haproxy.cfg', '/run/weir/certificates/shop.pem', '/etc/localtime')).toBe(
      `600 root regular file '/run/weir/haproxy.cfg'
600 root regular file '/run/weir/certificates/shop.pem'
777 root symbolic link '/etc/localtime' -> '/usr/share/zoneinfo/Europe/Paris'
`,
    );
    expect(await out('stat', '-c', '%a %U', '/run/weir', '/etc', '/')).toBe('755 root\n755 root\n755 root\n');
  });

  test('has its name, its kernel values, its password and its address', async () => {
    expect(await out('hostname')).toBe('lb1\n');
    expect(await out('cat', '/proc/sys/net/core/somaxconn')).toBe('12345\n');
    // what a reset goes back to: the kernel's own, not ours
    expect(await out('cat', '/run/weir/originals')).toBe('/proc/sys/net/core/somaxconn\t4096\n');
    expect(await out('getent', 'shadow', 'admin')).toMatch(/^admin:\$y\$/);
    expect(await out('ip', '-br', 'address', 'show', 'front')).toContain('192.0.2.1/24');
    const issue = await out('cat', '/run/issue.d/weir.issue');
    expect(issue).toContain('\\4{front}');
    expect(issue).not.toContain('no admin password');
  });

  test('opens only what its own table opens', async () => {
    const port = async (number: string) => (await machine.world.run(['curl', '-s', '-m', '1', `http://192.0.2.1:${number}/`])).code;
    expect(await port('80')).toBe(0);
    // 28: the packet is dropped; 22 is open and nobody listens, 7: refused
    expect(await port('81')).toBe(28);
    expect(await port('22')).toBe(7);
  });
});

describe('a machine whose power went before its first generation was linked', () => {
  const first = generation('1-lb1', { ...front, '/run/weir/haproxy.cfg': answering('first') }, { confirmed: false });

  test.each([
    ['boots', {}, []],
    // the agent hung between the two steps, and the guard came
    ['is restored', { '/usr/lib/weir/boot': { mode: 0o755, content: '#!/bin/sh\n' } }, ['/usr/lib/weir/restore']],
  ] as const)('serves that one when it %s, and calls it confirmed', async (_, files, command) => {
    machine = await startContainer({ links: [frontLink], data: first, files });
    if (command.length > 0) expect((await machine.run(command)).code).toBe(0);
    expect(await fetchFront(machine)).toBe('first');
    expect(await out('readlink', '/data/weir/confirmed')).toBe('generations/1-lb1\n');
    await machine.stop();
  });
});

describe('a machine whose confirmed generation is damaged', () => {
  const three = generation('3-lb1', { ...front, '/run/weir/haproxy.cfg': answering('three') }, { confirmed: false });
  const ten = generation('10-lb1', { ...front, '/run/weir/haproxy.cfg': answering('ten') }, { confirmed: false });
  const eleven = generation('11-lb1', { ...front, '/run/weir/haproxy.cfg': answering('eleven') });
  const damaged = { ...eleven, '/weir/generations/11-lb1/rendered/run/weir/haproxy.cfg': { content: '', mode: 0o600 } };

  test('starts from the newest intact one, by number', async () => {
    machine = await startContainer({ links: [frontLink], data: { ...three, ...ten, ...damaged } });
    expect(await fetchFront(machine)).toBe('ten');
    expect(await out('journalctl', '-o', 'cat', '-u', 'weir-boot')).toContain('generations/11-lb1 is damaged');
    expect(await out('readlink', '/data/weir/confirmed')).toBe('generations/11-lb1\n');
    await machine.stop();
  });

  test('starts closed when none is intact', async () => {
    machine = await startContainer({ links: [frontLink], data: damaged });
    expect(await out('systemctl', 'is-active', 'haproxy')).toBe('inactive\n');
    expect(await out('nft', 'list', 'chain', 'inet', 'weir', 'input')).toContain('policy drop');
    await machine.stop();
  });
});
