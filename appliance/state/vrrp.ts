import type { VrrpInstance } from '../../proxy/model.ts';
import type { Config, Link, Vrrp } from '../config/config.ts';

/** Seconds between adverts of each word, and what it promises (measured: reliability figures in the README). */
const adverts = { fast: 0.1, normal: 0.3, tolerant: 1 } as const;

/**
 * The advert interval of an instance in seconds. `auto`: `normal` on bare metal, `tolerant` in a virtual machine, because guests stall for seconds and
 * every false move resets all connections. `virtualization` as systemd-detect-virt names it, or null where the machine is not known.
 */
export function advertSeconds(advert: Vrrp['advert'], virtualization: string | null): number {
  if (advert !== 'auto') return adverts[advert];
  return virtualization === null || virtualization === 'none' ? adverts.normal : adverts.tolerant;
}

/**
 * The VRRP instances as one node of a pair runs them; empty for a single node, which holds its VIPs itself. Priorities 254 and 253: the higher, the
 * shorter the skew of a planned switch (RFC 5798, 6.1).
 */
export function vrrpInstances(config: Config, node: string, virtualization: string | null): readonly VrrpInstance[] {
  const nodes = Object.keys(config.nodes);
  const peer = nodes.find((name) => name !== node);
  if (peer === undefined) return [];
  return Object.values(config.vrrp).map((vrrp) => {
    const preferred = vrrp.prefer ?? ([...nodes].sort()[0] as string);
    const priority = preferred === node ? 254 : 253;
    return {
      name: vrrp.name,
      link: vrrp.link,
      virtualRouterId: vrrp.virtualRouterId,
      advertSeconds: advertSeconds(vrrp.advert, virtualization),
      priority,
      peerPriority: preferred === node ? 253 : 254,
      sourceAddress: unicastAddress(config.nodes[node]?.links[vrrp.link]),
      peerAddress: unicastAddress(config.nodes[peer]?.links[vrrp.link]),
      vips: Object.values(config.vips)
        .filter((vip) => vip.vrrp === vrrp.name)
        .flatMap((vip) => vip.addresses.map((address) => `${address}/${address.includes(':') ? 128 : 32}`)),
    };
  });
}

/** The address that adverts come from: the link's first IPv4 address, else its first IPv6 one (the document's checks make sure there is one). */
function unicastAddress(link: Link | undefined): string {
  const addresses = (link?.addresses ?? []).map((cidr) => cidr.split('/')[0] as string);
  return addresses.find((address) => !address.includes(':')) ?? addresses[0] ?? '';
}
