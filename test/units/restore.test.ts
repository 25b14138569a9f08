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

/** A document of a pair, laid on a machine that has none: the paths of its files are written to the manifest, and all of it runs. */
const firstOfAPair = `
  cd /run/weir
  cat >haproxy.cfg
  printf 'vrrp_instance P {\\n interface front\\n virtual_router_id 5\\n priority 254\\n virtual_ipaddress {\\n 192.0.2.100/32\\n }\\n}\\n' >keepalived.conf
  echo '# what drains' >draining-1-lb1.nft
  echo lb1 >/etc/hostname
  ln -sfn /usr/share/zoneinfo/Europe/Paris /etc/localtime
  sed -i 's/"us"/"de"/' /etc/default/keyboard
  printf '%s\\n' /etc/default/keyboard /etc/hostname /etc/localtime $PWD/draining-1-lb1.nft $PWD/haproxy.cfg $PWD/keepalived.conf >manifest
  ip link set front up && ip address add 192.0.2.1/24 dev front
  /usr/lib/weir/activate
`;

test('takes everything away when nothing is confirmed, the VIP first, and gives the machine its own name, zone and keyboard back', async () => {
  machine = await startContainer({ links: [frontLink] });
  const own = () => out('sh', '-c', 'hostname; cd /etc && tail -n +1 hostname default/keyboard && readlink localtime');
  const before = await own();
  const { content } = answering('one') as { readonly content: string };
  expect(await machine.run(['sh', '-euc', firstOfAPair], { input: content })).toMatchObject({ code: 0 });
  await expect.poll(() => out('ip', '-br', 'address', 'show', 'front'), { timeout: 15_000 }).toContain('192.0.2.100/32');
  expect(await out('ss', '-Htln', 'sport = :80')).not.toBe('');
  expect(await out('hostname')).toBe('lb1\n');

  expect((await machine.run(['/usr/lib/weir/restore'])).code).toBe(0);
  expect(await out('ss', '-Htln', 'sport = :80')).toBe('');
  expect(await out('ls', '/run/weir')).not.toMatch(/haproxy\.cfg|keepalived\.conf|draining|manifest/);
  expect(await own()).toBe(before);
  const stopped = await out('journalctl', '-o', 'cat', '-u', 'keepalived', '-u', 'haproxy', '--grep', '^Stopp.*service');
  expect(stopped.match(/Stopp\w+ \w+/g)).toEqual(['Stopping keepalived', 'Stopped keepalived', 'Stopping haproxy', 'Stopped haproxy']);
});

test('leaves what drains since the confirmed change alone', async () => {
  // the agent would take it away: no old worker is there
  machine = await startContainer({ links: [frontLink], without: ['/usr/bin/node'], data: generation('1-lb1', one) });
  await machine.run(['sh', '-c', 'echo "# what drains" >/run/weir/draining-1-lb1.nft']);
  expect((await machine.run(['/usr/lib/weir/restore'])).code).toBe(0);
  expect(await out('ls', '/run/weir')).toContain('draining-1-lb1.nft');
});
