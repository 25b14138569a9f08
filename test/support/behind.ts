import { type HostState, plain } from '../../appliance/state/host-state.ts';
import { startWorld, type World } from './container.ts';
import { type Peer, startPeer } from './haproxy-peer.ts';
import type { Networks } from './netns.ts';

/** The addresses of a server that is reached through HAProxy's machine alone, and answers everybody by way of it. */
export const behind = { four: '10.30.0.11', six: '2001:db8:30::11' } as const;

/** A network behind HAProxy's machine. */
export interface Behind {
  readonly peer: Peer;
  readonly stop: () => Promise<void>;
}

async function must({ run }: World, command: string, input?: string): Promise<void> {
  const { code, stderr } = await run(command.split(' '), input === undefined ? {} : { input });
  if (code !== 0) throw new Error(`${command}: ${stderr}`);
}

/** Makes a network behind HAProxy's, with a web server `behind` on port 8080 of both addresses. */
export async function startBehind({ proxy }: Networks): Promise<Behind> {
  const world = await startWorld();
  const peer = startPeer(world);
  const stop = async () => {
    await peer.stop();
    // a network ends some time after its last process: the next one would find the cable still there
    await proxy.run(['ip', 'link', 'delete', 'inner']);
    await world.stop();
  };
  try {
    await must(proxy, `ip link add inner type veth peer name inner netns ${world.pid}`);
    for (const at of [proxy, world]) {
      // who asks for a neighbour on behalf of another does so from the link's own address, which would be kept back for a second to see that it is unique
      await must(at, 'sysctl -q -w net.ipv6.conf.inner.accept_dad=0');
      await must(at, 'ip link set inner up');
    }
    for (const [at, address] of [
      [proxy, '10.30.0.1/24'],
      [proxy, '2001:db8:30::1/64'],
      [world, `${behind.four}/24`],
      [world, `${behind.six}/64`],
    ] as const)
      await must(at, `ip address add ${address} dev inner${address.includes(':') ? ' nodad' : ''}`);
    await must(world, 'ip route add default via 10.30.0.1');
    await must(world, 'ip -6 route add default via 2001:db8:30::1');
    for (const [name, address] of Object.entries(behind)) await peer.up({ name, address, port: 8080, kind: 'http' });
    return { peer, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** What a network has of kernel values that decide whose addresses are taken. */
const values = ['ipv4/ip_nonlocal_bind', 'ipv6/ip_nonlocal_bind', 'ipv4/conf/all/rp_filter'].map((name) => `/proc/sys/net/${name}`);

/** Has the kernel of a network do what a machine's state says of its firewall, of loopback and of addresses; answers with what takes it back. */
export async function follow(world: World, state: HostState): Promise<() => Promise<void>> {
  const text = (path: string) => plain(state.get(path)?.content ?? '');
  await must(world, 'nft -f -', text('/run/weir/nftables.conf'));
  const words = loopbackCommands(text('/run/systemd/network/40-lo.network'));
  for (const command of words) await must(world, command);
  const set = async (path: string, value: string) => await must(world, `sysctl -q -w ${path.slice('/proc/sys/'.length)}=${value}`);
  const wanted = values.filter((path) => state.has(path));
  const originals = await Promise.all(
    wanted.map(async (path) => (await world.run(['sysctl', '-n', path.slice('/proc/sys/'.length)])).stdout.trim()),
  );
  for (const path of wanted) await set(path, text(path));
  return async () => {
    for (const [index, path] of wanted.entries()) await set(path, originals[index] ?? '0');
    await must(world, 'nft delete table inet weir');
    for (const command of words) await must(world, command.replace(' add ', ' del '));
  };
}

/** What networkd does with the file of loopback, as commands of ip(8). */
function loopbackCommands(text: string): readonly string[] {
  const sections = text.split(/^\[/m).map((part) => ({ name: part.split(']')[0], part }));
  const value = (part: string, key: string) => new RegExp(`^${key}=(.*)$`, 'm').exec(part)?.[1] ?? '';
  return sections.flatMap(({ name, part }) => {
    if (name === 'Route') {
      const to = value(part, 'Destination');
      return [`ip -${to.includes(':') ? 6 : 4} route add ${value(part, 'Type')} ${to} dev lo table ${value(part, 'Table')}`];
    }
    if (name !== 'RoutingPolicyRule') return [];
    const family = value(part, 'Family') === 'ipv6' ? 6 : 4;
    return [
      `ip -${family} rule add fwmark ${value(part, 'FirewallMark')} table ${value(part, 'Table')} priority ${value(part, 'Priority')}`,
    ];
  });
}
