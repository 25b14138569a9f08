import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Appliance, document, startAppliance } from './appliance.ts';

let box: Appliance;
const both = (answer: string, more = '') =>
  document(answer, more)
    .replace('addresses: [192.0.2.1/24]', 'addresses: [192.0.2.1/24, "2001:db8::1/64"]')
    .replace('bind: [{', 'bind: [{ address: "[2001:db8::1]:80" }, {');

beforeAll(async () => {
  box = await startAppliance();
  const { code, stderr } = await box.weir(['apply', '-', '--yes'], both('one'));
  expect({ code, stderr }).toMatchObject({ code: 0 });
  await box.world.run([
    'sh',
    '-euc',
    'for a in 192.0.2.66/24 192.0.2.67/24 2001:db8::66/64 2001:db8::67/64; do ip addr add $a dev outside $(case $a in *::*) echo nodad;; esac); done',
  ]);
});
afterAll(async () => box?.stop());

/** What a client with this address is answered; empty when it is not. */
const from = async (address: string) => {
  const url = address.includes(':') ? 'http://[2001:db8::1]/' : 'http://192.0.2.100/';
  return (await box.world.run(['curl', '-gsS', '-m', '1', '--interface', address, url])).stdout;
};
const answers = (...addresses: readonly string[]) => Promise.all(addresses.map(from));
const blocked = async () => JSON.parse((await box.weir(['block', 'list', '--json'])).stdout).blocks;
const left = async (address: string) =>
  Number(/expires (\d+)s/.exec(await box.sh(`nft get element inet weir blocked4 '{ ${address} }' | tr '\\n' ' '`))?.[1]);

test('a block drops one client and no other, in both families, and its removal lets it in again', async () => {
  expect(await answers('192.0.2.66', '192.0.2.67', '2001:db8::66')).toEqual(['one', 'one', 'one']);
  const said = await box.weir(['block', '192.0.2.66', '2001:db8::66', '--for', '10m', '--yes']);
  expect(said).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/^blocked: 192\.0\.2\.66\/32 until 20.*\nblocked: 2001:db8::66\/128 until/),
  });
  expect(await answers('192.0.2.66', '192.0.2.67', '2001:db8::66', '2001:db8::67')).toEqual(['', 'one', '', 'one']);
  expect((await box.weir(['block', 'list'])).stdout).toMatch(/192\.0\.2\.66\/32 until .* by root\n.*\n\d+ packets dropped/s);
  expect((await box.weir(['status'])).stdout).toMatch(/not in doc +blocked 192\.0\.2\.66\/32 until \S+, since \S+ by root/);
  expect(await box.weir(['block', 'remove', '192.0.2.66', '2001:db8::66'])).toMatchObject({ code: 0 });
  expect(await answers('192.0.2.66', '2001:db8::66')).toEqual(['one', 'one']);
  expect(await box.settled()).toMatchObject({ state: 'as confirmed', blocks: [] });
  expect(await box.sh('journalctl -u weir-agent --no-pager | grep 192.0.2.66 | grep -c root')).toBe('2\n');
});

test('a block ends what is said on an established connection', async () => {
  const slow = `exec 3<>/dev/tcp/192.0.2.100/80; sleep 2; printf 'GET / HTTP/1.0\\r\\n\\r\\n' >&3; timeout 2 cat <&3 | tail -n 1`;
  const talk = (address: string) =>
    box.world.run(['sh', '-c', `ip route replace 192.0.2.100 dev outside src ${address}; bash -c "$0"`, slow], { timeoutMs: 20_000 });
  expect((await talk('192.0.2.66')).stdout).toBe('one');
  const talking = talk('192.0.2.66');
  await expect.poll(() => box.sh("ss -Htn state established '( sport = :80 )' | grep -c 192.0.2.66"), { timeout: 5000 }).toBe('1\n');
  expect((await box.weir(['block', '192.0.2.66'])).code).toBe(0);
  expect((await talking).stdout).toBe('');
  expect((await box.weir(['block', 'remove', 'all'])).code).toBe(0);
  await box.world.run(['ip', 'route', 'del', '192.0.2.100']);
});

test('it outlives an apply with the time that is left of it, is no drift, and ends by itself', async () => {
  expect((await box.weir(['block', '192.0.2.66', '--for', '30s'])).code).toBe(0);
  expect((await box.weir(['block', '192.0.2.64/29', '--for', '1h'])).code).toBe(0);
  expect((await box.weir(['plan', '--check'])).code).toBe(0);
  const before = await left('192.0.2.66');
  expect(before).toBeNaN();
  expect((await box.weir(['block', 'remove', '192.0.2.64/29'])).stdout).toContain('removed: 192.0.2.64/29\n1 network is blocked now');
  expect(await left('192.0.2.66')).toBeGreaterThan(15);
  await box.sh('sleep 3');
  const { code, stderr } = await box.weir(['apply', '-', '--yes'], both('two', 'system: { dns: [192.0.2.53] }\n'));
  expect({ code, stderr }).toMatchObject({ code: 0 });
  expect(stderr).toContain('activate nftables');
  expect(await left('192.0.2.66')).toBeLessThan(27);
  expect(await answers('192.0.2.66', '192.0.2.67')).toEqual(['', 'two']);
  expect((await box.weir(['rollback', '--yes'])).code).toBe(0);
  expect(await answers('192.0.2.66', '192.0.2.67')).toEqual(['', 'one']);
  expect(await blocked()).toMatchObject([{ network: '192.0.2.66/32', by: 'root' }]);
  expect((await box.weir(['plan', '--check'])).code).toBe(0);
  await expect.poll(() => from('192.0.2.66'), { timeout: 40_000, interval: 1000 }).toBe('one');
  expect(await blocked()).toEqual([]);
  expect((await box.weir(['plan', '--check'])).code).toBe(0);
});

test('it stays when the guard goes back to the confirmed document, and when the agent starts anew', async () => {
  expect((await box.weir(['block', '192.0.2.66'])).code).toBe(0);
  await box.sh('nft delete table inet weir; /usr/lib/weir/restore');
  expect(await answers('192.0.2.66', '192.0.2.67')).toEqual(['', 'one']);
  await box.sh('systemctl restart weir-agent');
  await box.settled();
  expect(await blocked()).toMatchObject([{ network: '192.0.2.66/32', until: null }]);
  expect(await from('192.0.2.66')).toBe('');
  expect((await box.weir(['block', 'remove', '192.0.2.66'])).code).toBe(0);
});

test.each([
  ['our own address', ['192.0.2.1'], 'holds 192.0.2.1, an address of this machine'],
  ['a VIP', ['192.0.2.100', '--yes'], 'an address of this machine'],
  ['the network we are in', ['192.0.2.0/24', '--yes'], 'an address of this machine'],
  ['the gateway, which is a server too', ['192.0.2.254'], 'a gateway: say --yes'],
  ['everybody', ['0.0.0.0/0', '--yes'], 'is everybody'],
  ['a word', ['shop.example'], '"shop.example" is neither an address nor a network'],
  ['a wrong one beside a right one', ['9.9.9.9', '9.9.9.9/40'], '"9.9.9.9/40" is neither'],
  ['too short a time', ['9.9.9.9', '--for', '5s'], '"5s" is not between 30 seconds and 30 days'],
  ['no time', ['9.9.9.9', '--for', 'ever'], '"ever" is not a time'],
  ['who is not blocked', ['remove', '9.9.9.9'], '9.9.9.9/32 is not blocked'],
  ['nobody', ['remove'], 'which network'],
])('%s is refused, and nothing changes', async (_, args, reason) => {
  const { code, stderr } = await box.weir(['block', ...args]);
  expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining(reason) });
  expect(await blocked()).toEqual([]);
});

test('the SSH connection that the block is asked for over is never blocked', async () => {
  const over = (...args: readonly string[]) =>
    box.run(['env', 'SSH_CONNECTION=192.0.2.66 50000 192.0.2.1 22', 'weir', 'block', ...args, '--yes']);
  expect(await over('192.0.2.64/29')).toMatchObject({ code: 2, stderr: expect.stringContaining('where your SSH connection comes from') });
  expect(await over('192.0.2.67')).toMatchObject({ code: 0 });
  expect(await box.weir(['block', 'remove', '192.0.2.67'])).toMatchObject({ code: 0 });
});

test('a thousand networks are blocked and removed in seconds', async () => {
  const networks = Array.from({ length: 1000 }, (_, n) => `10.${n >> 8}.${n & 255}.0/${24 + (n % 8)}`);
  const begun = performance.now();
  expect((await box.weir(['block', ...networks, '--for', '1h'])).code).toBe(0);
  console.log(`1,000 networks blocked in ${Math.round(performance.now() - begun)} ms`);
  expect((await blocked()).length).toBe(1000);
  expect((await box.weir(['status'])).stdout).toContain('990 more are blocked');
  expect((await box.weir(['block', 'remove', 'all'])).code).toBe(0);
  expect(await box.sh('nft list set inet weir blocked4 | grep -c elements; true')).toBe('0\n');
});
