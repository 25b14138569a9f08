import type { Link } from '../../appliance/config/config.ts';

/** A static service link by MAC, with what a test says differently. */
export function link(name: string, different: Partial<Link> = {}): Link {
  return {
    name,
    carrier: { kind: 'mac', mac: '52:54:00:00:00:01' },
    vlan: null,
    role: 'service',
    addresses: ['192.0.2.11/24'],
    dhcp: 'no',
    gateways: [],
    routes: [],
    mtu: null,
    ...different,
  };
}
