import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Container, startContainer } from '../support/container.ts';
import { answering, fetchFront, front, frontLink, generation } from '../support/generation.ts';

let machine: Container;
const out = async (...argv: string[]) => (await machine.run(argv)).stdout;
const rsyslogConf = await readFile(join(import.meta.dirname, '../../image/rootfs/etc/rsyslog.conf'), 'utf8');

beforeAll(async () => {
  machine = await startContainer({
    links: [frontLink],
    // small files, so that a test fills more than all of them
    files: { '/etc/rsyslog.conf': rsyslogConf.replace('"268435456"', '"20000"') },
    data: generation('1-lb1', {
      ...front,
      '/run/weir/haproxy.cfg': answering('one'),
      // as tuned: with the kernel's 10, HAProxy drops lines in a burst
      '/run/sysctl.d/90-weir.conf': 'net.unix.max_dgram_qlen = 4096\n',
    }),
  });
  await fetchFront(machine);
});
afterAll(async () => machine?.stop());

describe('HAProxy', () => {
  test.each(['master', 'worker'])('answers again within a second after kill -9 of its %s', async (which) => {
    const master = (await out('systemctl', 'show', '-P', 'MainPID', 'haproxy')).trim();
    const victim = which === 'master' ? master : (await out('pgrep', '-P', master)).trim();
    await machine.run(['kill', '-9', victim]);
    const began = performance.now();
    expect(await fetchFront(machine)).toBe('one');
    expect(performance.now() - began).toBeLessThan(1000);
    expect(await out('systemctl', 'show', '-P', 'MainPID', 'haproxy')).not.toBe(`${master}\n`);
  });

  test('comes back after any number of crashes', async () => {
    for (let crash = 0; crash < 8; crash++) {
      await machine.run(['systemctl', 'kill', '--signal=KILL', 'haproxy']);
      expect(await fetchFront(machine)).toBe('one');
    }
  });

  test('its worker has no capability, its master none on the machine', async () => {
    const master = (await out('systemctl', 'show', '-P', 'MainPID', 'haproxy')).trim();
    const worker = (await out('pgrep', '-P', master)).trim();
    const status = await out('cat', `/proc/${worker}/status`);
    expect(status).toMatch(/^CapEff:\t0+$/m);
    expect(status).toMatch(/^NoNewPrivs:\t1$/m);
    expect(await out('stat', '-L', '-c', '%i', `/proc/${master}/ns/user`)).not.toBe(await out('stat', '-L', '-c', '%i', '/proc/1/ns/user'));
    expect(await out('stat', '-c', '%U', `/proc/${worker}`)).toBe('haproxy\n');
    expect((await out('readlink', `/proc/${worker}/root`)).trim()).toBe('/var/lib/haproxy');
  });

  test('lets the check of keepalived ask, and only root command', async () => {
    expect(await out('stat', '-c', '%n %a %G', '/run/weir/haproxy.sock', '/run/weir/haproxy-master.sock', '/run/weir/check.sock')).toBe(
      '/run/weir/haproxy.sock 600 root\n/run/weir/haproxy-master.sock 600 root\n/run/weir/check.sock 660 keepalived_script\n',
    );
  });

  test('is the last one the kernel kills for memory, and the agent the first', async () => {
    const score = async (unit: string) => Number(await out('systemctl', 'show', '-P', 'OOMScoreAdjust', unit));
    expect(await score('haproxy')).toBeLessThanOrEqual(-900);
    expect(await score('weir-agent')).toBeGreaterThanOrEqual(500);
    const memory = Number(/^MemTotal: +(\d+) kB/m.exec(await out('cat', '/proc/meminfo'))?.[1]) * 1024;
    expect(Number(await out('systemctl', 'show', '-P', 'MemoryMax', 'weir.slice')) / memory).toBeCloseTo(0.25, 2);
  });
});

describe('the log of traffic', () => {
  const log = (name: string) => readFile(join(machine.dataFolder, 'log', name), 'utf8').catch(() => '');
  const logged = (text: string) =>
    expect.poll(async () => `${await log('haproxy.log.1')}${await log('haproxy.log')}`.includes(text), { timeout: 10_000 }).toBe(true);

  test('is in /data/log/haproxy.log and never in the journal', async () => {
    await machine.world.run(['curl', '-s', 'http://192.0.2.1/a-request-to-find']);
    await logged('"GET /a-request-to-find HTTP/1.1"');
    expect(await out('journalctl', '--no-pager', '-o', 'cat')).not.toContain('GET /');
  });

  test('fills at most eight files, the oldest goes, and rotating loses no line', async () => {
    // a round is more than a file, and waited for: rsyslog looks at the size once a batch
    for (let round = 0; round < 12; round++) {
      const paths = Array.from({ length: 200 }, (_, n) => `http://192.0.2.1/n${200 * round + n}-`);
      await machine.world.run(['xargs', 'curl', '-s', '-o', '/dev/null'], { input: paths.join(' ') });
      await logged(`/n${200 * round + 199}-`);
    }
    const files = (await readdir(join(machine.dataFolder, 'log'))).filter((name) => name.startsWith('haproxy.log')).sort();
    expect(files).toEqual(['haproxy.log', ...[1, 2, 3, 4, 5, 6, 7].map((n) => `haproxy.log.${n}`)]);
    expect(await out('sh', '-c', 'stat -c "%a %G" /data/log/haproxy.log* | sort -u')).toBe('640 adm\n');
    const lines = (await Promise.all(files.reverse().map(log))).join('').trim().split('\n');
    const numbers = lines.map((line) => Number(/\/n(\d+)-/.exec(line)?.[1])).filter((n) => !Number.isNaN(n));
    expect(numbers.length).toBeGreaterThan(500);
    expect(numbers).toEqual(Array.from({ length: numbers.length }, (_, n) => 2400 - numbers.length + n));
  });

  test('goes on when the log is restarted', async () => {
    await machine.run(['systemctl', 'restart', 'rsyslog']);
    await machine.world.run(['curl', '-s', 'http://192.0.2.1/after-restart']);
    await logged('/after-restart');
  });
});

describe('keepalived', () => {
  const conf = `global_defs {
  router_id lb1
  vrrp_version 3
  script_user keepalived_script
  enable_script_security
  vrrp_rt_priority 50
  vrrp_no_swap
}
vrrp_instance site {
  state BACKUP
  nopreempt
  interface front
  virtual_router_id 51
  priority 254
  advert_int 0.1
  unicast_src_ip 192.0.2.1
  unicast_peer {
    192.0.2.2
  }
  virtual_ipaddress {
    192.0.2.10/24 dev front
  }
}
`;

  test('runs only with its file, holds the VIP, and comes back after kill -9', async () => {
    expect(await out('systemctl', 'is-active', 'keepalived')).toBe('inactive\n');
    await machine.run(['sh', '-c', 'cat >/run/weir/keepalived.conf'], { input: conf });
    expect((await machine.run(['/usr/lib/weir/activate', 'keepalived'])).stderr).toBe('');
    const addresses = () => out('ip', '-br', 'address', 'show', 'front');
    await expect.poll(addresses, { timeout: 10_000 }).toContain('192.0.2.10/24');
    await machine.run(['systemctl', 'kill', '--signal=KILL', 'keepalived']);
    await expect.poll(() => out('systemctl', 'is-active', 'keepalived'), { timeout: 10_000 }).toBe('active\n');
    await expect.poll(addresses, { timeout: 10_000 }).toContain('192.0.2.10/24');
    // the advertising process must have got its real-time priority, or a busy machine loses its VIP
    expect(await out('sh', '-c', 'for p in $(pidof keepalived); do chrt -p $p; done')).toContain('SCHED_RR');
    await machine.run(['rm', '/run/weir/keepalived.conf']);
    await machine.run(['/usr/lib/weir/activate', 'keepalived']);
    expect(await out('systemctl', 'is-active', 'keepalived')).toBe('inactive\n');
    expect(await addresses()).not.toContain('192.0.2.10');
  });

  test('a restart of networkd takes nothing from it', async () => {
    await machine.run(['ip', 'address', 'add', '192.0.2.77/24', 'dev', 'front']);
    await machine.run(['systemctl', 'restart', 'systemd-networkd']);
    await sleep(1500);
    expect(await out('ip', '-br', 'address', 'show', 'front')).toContain('192.0.2.77/24');
    await machine.run(['ip', 'address', 'delete', '192.0.2.77/24', 'dev', 'front']);
  });
});

describe('sshd', () => {
  test('makes its host key on /data at its first start, and keeps it', async () => {
    const key = '/data/weir/identity/ssh/ssh_host_ed25519_key';
    await machine.run(['sh', '-c', 'mkdir -p /run/weir/ssh && cat >/run/weir/ssh/sshd_config'], {
      input: `HostKey ${key}\nPasswordAuthentication no\nUsePAM yes\n`,
    });
    expect((await machine.run(['/usr/lib/weir/activate', 'sshd'])).stderr).toBe('');
    const scan = () => machine.world.run(['ssh-keyscan', '-T', '2', '192.0.2.1']);
    const first = (await scan()).stdout;
    expect(first).toContain('ssh-ed25519');
    expect(await out('stat', '-c', '%a', key)).toBe('600\n');
    await machine.run(['systemctl', 'restart', 'ssh']);
    expect((await scan()).stdout).toBe(first);
    await machine.run(['rm', '/run/weir/ssh/sshd_config']);
    await machine.run(['/usr/lib/weir/activate', 'sshd']);
    expect(await out('ss', '-Htln', 'sport = :22')).toBe('');
  });
});
