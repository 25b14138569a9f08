import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Container, startContainer } from '../support/container.ts';
import { answering, fetchFront, front, frontLink, generation } from '../support/generation.ts';

/** What the agent does to a machine, as shell; each line must work inside weir-agent.service. */
const work = [
  'echo 4097 >/proc/sys/net/core/somaxconn',
  '/usr/lib/weir/activate',
  'haproxy -c -f /run/weir/haproxy.cfg',
  `printf 'vrrp_instance P {\\n interface front\\n virtual_router_id 5\\n priority 100\\n virtual_ipaddress {\\n 10.0.0.1/24\\n }\\n}\\n' >/run/weir/k.conf`,
  'keepalived --config-test -f /run/weir/k.conf',
  'nft -c -f /run/weir/nftables.conf',
  'systemd-run --unit=weir-guard --on-active=1h /usr/lib/weir/restore',
  'systemctl stop weir-guard.timer',
  'touch /run/weir/x.sock && chgrp weir /run/weir/x.sock && chmod 660 /run/weir/x.sock',
  'ln -sfn /usr/share/zoneinfo/UTC /etc/localtime',
  'mkdir -p /data/weir/generations/9-lb1 && sync -f /data/weir',
  'ip link add t1 type bridge && ip link delete t1',
  'ethtool -K front gro off',
  'echo show info | socat - UNIX-CONNECT:/run/weir/haproxy.sock | grep -q ^Name',
  'flock /run/weir/lock true',
  'node -e 0',
];

/** An agent that does this work once, and then hangs for ever. */
const hanging = `#!/bin/sh
exec >>/run/weir/proof 2>&1
${work.map((line, number) => `{ ${line}; } || echo 'line ${number + 1} failed'`).join('\n')}
echo done
sleep infinity
`;

let machine: Container;
const out = async (...argv: string[]) => (await machine.run(argv)).stdout;

beforeAll(async () => {
  machine = await startContainer({
    links: [frontLink],
    files: {
      '/usr/bin/weir': { mode: 0o755, content: hanging },
      '/etc/systemd/system/weir-agent.service.d/hanging.conf': '[Service]\nExecStart=\nExecStart=/usr/bin/weir agent\n',
    },
    data: generation('1-lb1', { ...front, '/run/weir/haproxy.cfg': answering('one') }),
  });
});
afterAll(async () => machine?.stop());

test('what the agent may not do, it does not need', async () => {
  await expect.poll(() => out('tail', '-n', '1', '/run/weir/proof'), { timeout: 30_000 }).toBe('done\n');
  const failed = (await out('grep', '-B', '5', 'failed$', '/run/weir/proof')).trim();
  expect(failed).toBe('');
});

test('the machine serves while the agent hangs, and after it was killed', async () => {
  expect(await fetchFront(machine)).toBe('one');
  const pid = () => out('systemctl', 'show', '-P', 'MainPID', 'weir-agent');
  const before = await pid();
  await machine.run(['systemctl', 'kill', '--signal=KILL', 'weir-agent']);
  expect(await fetchFront(machine)).toBe('one');
  await expect.poll(async () => ['0\n', before].includes(await pid()), { timeout: 10_000 }).toBe(false);
});
