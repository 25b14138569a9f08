import { frontLink } from '../support/generation.ts';
import type { Loaded } from '../support/haproxy-peer.ts';
import { startPeer } from '../support/haproxy-peer.ts';
import { type Appliance, startAppliance } from './appliance.ts';

/** An appliance that serves a client at a part of what it can do. */
export interface LoadedAppliance {
  readonly box: Appliance;
  /** New connections a second, one request each, that client, appliance and server manage together on this machine. */
  readonly capacity: number;
  /** Asks the VIP for `seconds` at 80 % of the capacity. */
  readonly load: (seconds: number) => Promise<Loaded>;
  readonly stop: () => Promise<void>;
}

/** The VIP's frontend with its own server, and beside it a frontend that chooses between `backends` others of one server each; checks would need more files than this machine may open. */
export function documentBeside(backends: number, weight = 1): string {
  const names = Array.from({ length: backends }, (_, n) => `site${n}`);
  const lines = [
    'version: 1',
    `nodes: { lb1: { links: { front: { mac: ${frontLink.mac}, addresses: [192.0.2.1/24], gateway: 192.0.2.254 } } } }`,
    'vips: { www: { link: front, addresses: [192.0.2.100] } }',
    'frontends:',
    '  web: { bind: [{ vip: www, port: 80 }], default_backend: app }',
    ...(backends === 0 ? [] : ['  sites:', '    bind: [{ vip: www, port: 8080 }]', '    use_backend:']),
    ...names.map((name) => `      - { backend: ${name}, if: { host: ${name}.example } }`),
    'backends:',
    '  app: { servers: { app1: 192.0.2.254:8081 } }',
    ...names.map(
      (name, n) => `  ${name}: { servers: { app1: { address: 10.9.${n >> 8}.${n & 255}:8080, weight: ${weight}, check: false } } }`,
    ),
  ];
  return `${lines.join('\n')}\n`;
}

/** Boots an appliance that serves, and finds out how much it can. */
export async function startLoaded(): Promise<LoadedAppliance> {
  const undo: (() => Promise<void>)[] = [];
  const stop = async () => {
    for (const step of undo.splice(0).reverse()) await step();
  };
  try {
    const box = await startAppliance();
    undo.push(box.stop);
    const [origins, clients] = [startPeer(box.world), startPeer(box.world)];
    undo.push(origins.stop, clients.stop);
    await origins.up({ name: 'app1', address: '192.0.2.254', port: 8081, kind: 'http' });
    const applied = await box.weir(['apply', '-'], documentBeside(0));
    if (applied.code !== 0) throw new Error(applied.stderr);
    const at = (perSecond: number, seconds: number) => clients.load({ address: '192.0.2.100', port: 80, path: '/', perSecond, seconds });
    await at(500, 2);
    const { perSecond: capacity } = await at(6000, 1);
    return { box, capacity, load: (seconds) => at(Math.floor(capacity * 0.8), seconds), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Loads again and again, `seconds` at a time, until something has ended; all loads, of which the last may reach beyond its end. */
export async function loadUntil(load: LoadedAppliance['load'], seconds: number, end: Promise<unknown>): Promise<readonly Loaded[]> {
  let isOver = false;
  const over = end.finally(() => {
    isOver = true;
  });
  const loads: Loaded[] = [];
  while (!isOver) loads.push(await load(seconds));
  await over;
  return loads;
}
