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
    const vips = Object.values(config.vips)
      .filter((vip) => vip.vrrp === vrrp.name)
      .flatMap(({ addresses }) => addresses);
    const carriers = [config.nodes[node]?.links[vrrp.link], config.nodes[peer]?.links[vrrp.link]].map((link) => addressesOf(link));
    // Adverts speak of addresses of their own family, so there must be a VIP of it, and both nodes must have an address of it (RFC 5798, 5.2.9).
    const isUsable = (isFamily: (address: string) => boolean) => [vips, ...carriers].every((addresses) => addresses.some(isFamily));
    const isFamily = isUsable(isIpv4) ? isIpv4 : (address: string) => !isIpv4(address);
    const [own, others] = carriers.map((addresses) => addresses.find(isFamily) ?? '');
    return {
      name: vrrp.name,
      link: vrrp.link,
      virtualRouterId: vrrp.virtualRouterId,
      advertSeconds: advertSeconds(vrrp.advert, virtualization),
      priority,
      peerPriority: preferred === node ? 253 : 254,
      sourceAddress: own ?? '',
      peerAddress: others ?? '',
      vips: vips.map((address) => `${address}/${isIpv4(address) ? 32 : 128}`),
    };
  });
}

function addressesOf(link: Link | undefined): readonly string[] {
  return (link?.addresses ?? []).map((cidr) => cidr.split('/')[0] as string);
}

function isIpv4(address: string): boolean {
  return !address.includes(':');
}
