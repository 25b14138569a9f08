import { startWorld, type World } from './container.ts';

/** Two networks and the cable between them: HAProxy stands in one, clients and servers in the other. */
export interface Networks {
  readonly proxy: World;
  readonly outside: World;
  readonly stop: () => Promise<void>;
}

/** The addresses of the proxy's end of the cable: two VIPs, IPv6, and the one that its servers see. */
export const vips = { main: '203.0.113.10', other: '203.0.113.11', six: '2001:db8:1::10' } as const;

/** The addresses of the outside's end: clients, and a server each. */
export const clients = { usual: '203.0.113.100', blocked: '203.0.113.101', office: '203.0.113.102', six: '2001:db8:1::100' } as const;
export const servers = { app1: '10.20.0.11', app2: '10.20.0.12', app3: '10.20.0.13', api: '10.20.0.21', sorry: '10.20.0.99' } as const;

const four = (address: string): string => `${address}/24`;

async function equip({ run }: World, addresses: readonly string[]): Promise<void> {
  await run(['ip', 'link', 'set', 'cable', 'up']);
  for (const address of addresses) {
    // without nodad an IPv6 address answers only after a second
    const { code, stderr } = await run(['ip', 'address', 'add', address, 'dev', 'cable', ...(address.includes(':') ? ['nodad'] : [])]);
    if (code !== 0) throw new Error(`address ${address}: ${stderr}`);
  }
}

/** Makes both networks; all of it ends with their two holding processes. */
export async function startNetworks(): Promise<Networks> {
  const proxy = await startWorld();
  const outside = await startWorld();
  const stop = async () => {
    await proxy.stop();
    await outside.stop();
  };
  try {
    const ends = ['cable', 'type', 'veth', 'peer', 'name', 'cable', 'netns', String(outside.pid)];
    const { code, stderr } = await proxy.run(['ip', 'link', 'add', ...ends]);
    if (code !== 0) throw new Error(`the cable: ${stderr}`);
    await equip(proxy, [four(vips.main), four(vips.other), `${vips.six}/64`, '10.20.0.2/24']);
    await equip(outside, [
      ...Object.values(clients).map((each) => (each.includes(':') ? `${each}/64` : four(each))),
      ...Object.values(servers).map(four),
    ]);
    return { proxy, outside, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Two nodes and everybody else on one switch. */
export interface PairNetworks {
  readonly nodes: readonly [World, World];
  readonly outside: World;
  readonly stop: () => Promise<void>;
}

/** The addresses of the nodes' link `front`: each its own, and the one that its servers see. */
export const nodeAddresses = ['203.0.113.2', '203.0.113.3'] as const;
const innerAddresses = ['10.20.0.2', '10.20.0.3'] as const;

async function must({ run }: World, command: string): Promise<void> {
  const { code, stderr } = await run(command.split(' '));
  if (code !== 0) throw new Error(`${command}: ${stderr}`);
}

/** Makes the networks of a pair: both nodes may bind what they do not own, as on the appliance. */
export async function startPairNetworks(): Promise<PairNetworks> {
  const [first, second, outside] = await Promise.all([startWorld(), startWorld(), startWorld()]);
  const nodes = [first, second] as const;
  const stop = async () => {
    for (const world of [...nodes, outside]) await world.stop();
  };
  try {
    await must(outside, 'ip link add lan up type bridge mcast_snooping 0');
    for (const address of [clients.usual, servers.app1]) await must(outside, `ip address add ${four(address)} dev lan`);
    for (const [index, node] of nodes.entries()) {
      await must(outside, `ip link add port${index} master lan up type veth peer name front netns ${node.pid}`);
      await must(node, 'ip link set front up');
      for (const address of [nodeAddresses[index], innerAddresses[index]])
        await must(node, `ip address add ${four(address as string)} dev front`);
      await must(node, 'sysctl -q -w net.ipv4.ip_nonlocal_bind=1');
    }
    return { nodes, outside, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
