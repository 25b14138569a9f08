import { afterEach, expect, test } from 'vitest';
import { type Container, startContainer } from '../support/container.ts';
import { answering, fetchFront, front, frontLink, generation } from '../support/generation.ts';
import type { Staged } from '../support/staged.ts';

let machine: Container;
const out = async (...argv: string[]) => (await machine.run(argv)).stdout;
afterEach(async () => machine?.stop());

const one: Staged = {
  ...front,
  '/run/weir/haproxy.cfg': answering('one'),
  '/run/sysctl.d/90-weir.conf': 'net.core.somaxconn = 1111\n',
  '/etc/hostname': 'lb1\n',
};

/** A half-done apply of another document, by a process that holds the lock and hangs: its own pid is the answer. */
const halfApplied = `
  cd /run/weir
  flock /run/weir/lock sleep 1000 >/dev/null 2>&1 &
  echo $!
  sed -i s/one/two/ haproxy.cfg && /usr/lib/weir/activate haproxy
  echo other >/etc/hostname && hostname other
  echo secret >/run/weir/certificates.new && printf '/run/weir/certificates.new\\n' >>manifest
  printf 'irq:0000:00:03.0/1\\t0\\n/proc/sys/net/core/somaxconn\\t128\\n/proc/sys/net/ipv4/tcp_fin_timeout\\t60\\n' >originals
  echo 2222 >/proc/sys/net/core/somaxconn
  echo 17 >/proc/sys/net/ipv4/tcp_fin_timeout
  echo '{}' >apply.json
`;

test('kills who holds the lock, and brings back what is confirmed', async () => {
  machine = await startContainer({
    links: [frontLink],
    without: ['/usr/bin/node'],
    data: generation('1-lb1', one, { knobs: ['/proc/sys/net/core/somaxconn'] }),
  });
  await fetchFront(machine);
  const holder = (await machine.run(['sh', '-euc', halfApplied])).stdout.trim();
  expect(await fetchFront(machine)).toBe('two');

  const { code, stderr } = await machine.run(['/usr/lib/weir/restore']);
  expect(stderr).toContain('holds the lock: killing it');
  expect(code).toBe(0);
  expect((await machine.run(['kill', '-0', holder])).code).toBe(1);
  expect(await fetchFront(machine)).toBe('one');
  expect(await out('hostname')).toBe('lb1\n');
  expect(await out('ls', '/run/weir')).not.toMatch(/certificates\.new|apply\.json/);
  expect(await out('cat', '/run/weir/manifest')).toBe(await out('cat', '/data/weir/confirmed/rendered/manifest'));
  // one is set by what is confirmed, the other one goes back to what the kernel had
  expect(await out('cat', '/proc/sys/net/core/somaxconn', '/proc/sys/net/ipv4/tcp_fin_timeout')).toBe('1111\n60\n');
});

test('twice is the same as once', async () => {
  machine = await startContainer({ links: [frontLink], data: generation('1-lb1', one) });
  for (const _ of [1, 2]) expect((await machine.run(['/usr/lib/weir/restore'])).code).toBe(0);
  expect(await fetchFront(machine)).toBe('one');
});

test('takes everything away when nothing is confirmed', async () => {
  machine = await startContainer({ links: [frontLink] });
  const install =
    'mkdir -p /run/weir; cat >/run/weir/haproxy.cfg; echo /run/weir/haproxy.cfg >/run/weir/manifest; /usr/lib/weir/activate haproxy';
  const { content } = answering('one') as { readonly content: string };
  await machine.run(['sh', '-euc', install], { input: content });
  expect(await out('ss', '-Htln', 'sport = :80')).not.toBe('');
  expect((await machine.run(['/usr/lib/weir/restore'])).code).toBe(0);
  expect(await out('ss', '-Htln', 'sport = :80')).toBe('');
  expect(await out('ls', '/run/weir')).not.toContain('haproxy.cfg');
});
