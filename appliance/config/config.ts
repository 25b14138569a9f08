import type { DataPlane } from '../../proxy/model.ts';
import type { LinkTuning } from '../../tuning/link-tuning.ts';

/** The whole document, checked and resolved: what every later stage works from. Serves both nodes. */
export interface Config {
  readonly version: 1;
  readonly system: System;
  readonly nodes: Readonly<Record<string, Node>>;
  readonly vrrp: Readonly<Record<string, Vrrp>>;
  readonly vips: Readonly<Record<string, Vip>>;
  readonly proxy: DataPlane;
  readonly tuning: Tuning;
}

/** Settings of the machine that are the same on both nodes. */
export interface System {
  /** IANA name, `Europe/Paris`. */
  readonly timezone: string;
  /** Console keyboard layout, an XKB layout name such as `fr`. */
  readonly keymap: string;
  readonly dns: readonly string[];
  readonly ntp: readonly string[];
  /** crypt(5) hash of the admin's password; null: the account is locked. */
  readonly adminPassword: string | null;
  /** sshd runs only when there is a key. `from`: networks allowed to connect; empty means any. */
  readonly ssh: { readonly keys: readonly string[]; readonly from: readonly string[] };
  readonly log: RemoteLog | null;
}

/** Remote syslog: `udp`, `tcp` or `tls` to a host and port. */
export interface RemoteLog {
  readonly protocol: 'udp' | 'tcp' | 'tls';
  readonly host: string;
  readonly port: number;
  readonly format: 'rfc5424' | 'json';
}

/** What one node has of its own. */
export interface Node {
  readonly links: Readonly<Record<string, Link>>;
}

/** What carries a link: a NIC found by MAC or PCI address, or a bond of several. */
export type Carrier =
  | { readonly kind: 'mac'; readonly mac: string }
  | { readonly kind: 'pci'; readonly pci: string }
  | { readonly kind: 'bond'; readonly mode: '802.3ad' | 'active-backup'; readonly members: readonly Port[] };

/** A NIC named by its MAC (lower case) or PCI address (`0000:3b:00.0`). */
export type Port = { readonly kind: 'mac'; readonly mac: string } | { readonly kind: 'pci'; readonly pci: string };

/** A network link; its name is the interface name (≤ 15 characters). With `vlan`, the named interface is the VLAN upon the carrier. */
export interface Link {
  readonly name: string;
  readonly carrier: Carrier | { readonly kind: 'link'; readonly link: string };
  /** VLAN id, 1 to 4094; null: untagged. */
  readonly vlan: number | null;
  readonly role: 'management' | 'service' | 'pair';
  /** CIDR addresses; empty with `dhcp`. */
  readonly addresses: readonly string[];
  readonly dhcp: 'no' | 'ipv4' | 'ipv6' | 'yes';
  readonly gateways: readonly string[];
  readonly routes: readonly Route[];
  readonly mtu: number | null;
}

/** A static route on a link. */
export interface Route {
  readonly to: string;
  readonly via: string | null;
  readonly metric: number | null;
}

/** A VRRP instance of the document; node specifics (priority, peers) are derived. `prefer` names a node. */
export interface Vrrp {
  readonly name: string;
  readonly link: string;
  readonly virtualRouterId: number;
  readonly advert: 'auto' | 'fast' | 'normal' | 'tolerant';
  readonly prefer: string | null;
}

/** Virtual addresses that are served together (no prefix length), and the VRRP instance or, on a single node, the link that carries them. */
export interface Vip {
  readonly name: string;
  readonly vrrp: string | null;
  readonly link: string;
  readonly addresses: readonly string[];
}

/** Tuning: a profile, and values that win over it, by sysctl name (`net.core.somaxconn`), and by the link whose NICs they are of. */
export interface Tuning {
  readonly profile: 'balanced' | 'throughput' | 'latency' | 'many-connections';
  readonly sysctl: Readonly<Record<string, string>>;
  readonly links: Readonly<Record<string, LinkTuning>>;
}

/** Files beside the document, by name as it says them; contents as bytes. */
export interface Files {
  readonly certificates: ReadonlyMap<string, Uint8Array>;
  readonly secrets: ReadonlyMap<string, Uint8Array>;
  readonly maps: ReadonlyMap<string, Uint8Array>;
  /** Bodies of answers that HAProxy gives itself. */
  readonly pages: ReadonlyMap<string, Uint8Array>;
  readonly lua: ReadonlyMap<string, Uint8Array>;
}
