import type { World } from '../../appliance/host/fake.ts';
import type { Host } from '../../appliance/host/host.ts';
import type { Held } from '../../appliance/state/host-state.ts';
import { value } from './machine.ts';

/** The bus address of the fake machine's only NIC. */
export const bus = '0000:03:00.0';

/** What a NIC of four channels holds as its driver starts it. */
export function startNic(on: World): void {
  on.files.set(`ethtool:${bus}/channels/combined`, value('4'));
  on.files.set(`ethtool:${bus}/ring/rx`, value('256'));
  on.files.set('service:irqbalance', value('active'));
  remake(on);
}

/** What a driver does when its channels or rings change: interrupts, queues and what stands on them begin anew. */
function remake(on: World): void {
  for (const path of [...on.files.keys()]) if (new RegExp(`^(irq|queue):${bus}/`).test(path)) on.files.delete(path);
  const channels = Number(on.files.get(`ethtool:${bus}/channels/combined`)?.content);
  for (let queue = 0; queue < channels; queue++) {
    on.files.set(`irq:${bus}/${queue}`, value('0-3'));
    on.files.set(`queue:${bus}/tx-${queue}/xps_cpus`, value(''));
  }
  on.files.set(`ethtool:${bus}/rss`, value(`equal ${channels}`));
  on.files.set(`ethtool:${bus}/coalesce/rx-usecs`, value('3'));
}

/** A host whose NIC has such a driver. */
export function withDriver(on: World, host: Host): Host {
  return {
    ...host,
    write: async (path, held) => {
      await host.write(path, held);
      if (new RegExp(`^ethtool:${bus}/(channels|ring)/`).test(path)) remake(on);
    },
  };
}

/** What all keys of the NIC hold. */
export function keysOn(on: World): Readonly<Record<string, string>> {
  const keys = [...on.files]
    .filter(([path]) => /^(irq|queue|ethtool|service):/.test(path))
    .map(([path, { content }]): [string, string] => [path, `${content}`]);
  return Object.fromEntries(keys.sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** A plan of the NIC as knobs would have it: two channels, larger rings, each interrupt on a CPU of its own. */
export const tuned: readonly (readonly [string, Held])[] = [
  ['service:irqbalance', value('inactive')],
  [`ethtool:${bus}/channels/combined`, value('2')],
  [`ethtool:${bus}/ring/rx`, { ...value('1024'), rule: 'at-least' }],
  [`ethtool:${bus}/coalesce/rx-usecs`, value('50')],
  [`irq:${bus}/0`, value('2')],
  [`irq:${bus}/1`, value('3')],
  [`queue:${bus}/tx-0/xps_cpus`, value('2')],
  [`queue:${bus}/tx-1/xps_cpus`, value('3')],
];
