import ipaddr from 'ipaddr.js';
import { quote } from '../problem.ts';
import { advise, checkedText, text } from './scalar.ts';

/** An IPv4 or IPv6 address in its one canonical spelling. */
export interface Address {
  readonly family: 4 | 6;
  readonly text: string;
}

/** An address with a prefix length. */
export interface Network extends Address {
  readonly prefix: number;
}

/** A host and a port: `host` is an address in canonical spelling or a host name. */
export interface Endpoint {
  readonly host: string;
  readonly address: Address | null;
  readonly port: number;
}

/** Reads an address strictly: four decimal parts without leading zeros, or IPv6 without a zone; null when it is none. */
export function parseAddress(value: string): Address | null {
  if (ipaddr.IPv4.isValidFourPartDecimal(value)) return { family: 4, text: value };
  if (value.includes(':') && !value.includes('%') && !value.includes('/') && ipaddr.IPv6.isValid(value)) {
    return { family: 6, text: ipaddr.IPv6.parse(value).toString() };
  }
  return null;
}

/** Reads `address/prefix`; null when it is none. */
export function parseNetwork(value: string): Network | null {
  const slash = value.indexOf('/');
  const address = slash < 0 ? null : parseAddress(value.slice(0, slash));
  const prefix = value.slice(slash + 1);
  if (address === null || !/^(?:0|[1-9][0-9]{0,2})$/.test(prefix) || Number(prefix) > (address.family === 4 ? 32 : 128)) return null;
  return { ...address, prefix: Number(prefix) };
}

/** Whether an address lies in the network that another address with a prefix length belongs to. */
export function isWithin(address: Address, network: Network): boolean {
  return address.family === network.family && ipaddr.parse(address.text).match(ipaddr.parse(network.text), network.prefix);
}

/** The kind of an address that no interface may have (`multicast`, `loopback`, …), or null when an interface may have it. */
export function unusable(address: Address): string | null {
  const range = ipaddr.parse(address.text).range();
  return ['unspecified', 'broadcast', 'multicast', 'loopback', 'ipv4Mapped'].includes(range) ? range : null;
}

/** The address that connections go to: one of IPv4 that is written as one of IPv6, `::ffff:192.0.2.1`, is that of IPv4 (RFC 4291, 2.5.5.2). */
export function unmapped(address: Address): Address {
  const parsed = ipaddr.parse(address.text);
  return parsed instanceof ipaddr.IPv6 && parsed.isIPv4MappedAddress() ? { family: 4, text: parsed.toIPv4Address().toString() } : address;
}

/** A range as a sentence wants it: `a loopback`, `an unspecified`. */
export function withArticle(range: string): string {
  return `${/^[aeiou]/.test(range) ? 'an' : 'a'} ${range}`;
}

/** Whether this is an IPv6 link-local address, which means something on its own link only. */
export function isLinkLocal(address: Address): boolean {
  return address.family === 6 && ipaddr.parse(address.text).range() === 'linkLocal';
}

/** The first address of a network, as text. */
export function networkAddress(network: Network): string {
  const cidr = `${network.text}/${network.prefix}`;
  return network.family === 4 ? ipaddr.IPv4.networkAddressFromCIDR(cidr).toString() : ipaddr.IPv6.networkAddressFromCIDR(cidr).toString();
}

/** The last address of an IPv4 network, as text: its broadcast address. */
export function broadcastAddress(network: Network): string {
  return ipaddr.IPv4.broadcastAddressFromCIDR(`${network.text}/${network.prefix}`).toString();
}

/** A host name with at least one letter in its last label, so that a mistyped address is none (RFC 1123; RFC 3696 section 2). */
export function isHostName(value: string): boolean {
  return (
    value.length <= 253 &&
    /^(?:[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9])?\.)*(?=[^.]*[A-Za-z])[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?$/.test(value)
  );
}

/** Reads `host:port` or `[IPv6]:port`; a string answer says what is wrong, in the form of `advise`. */
export function parseEndpoint(value: string): Endpoint | string {
  const example = 'write 10.0.0.1:8080, "[2001:db8::1]:8080" or name.example:8080';
  const scheme =
    /^(?:unix|abns|abnsz|fd|sockpair|quic4|quic6|uxst|uxdg|udp4|udp6|rhttp|mptcp|mptcp4|mptcp6|ipv4|ipv6|tcp4|tcp6|stdout|stderr)@/.exec(
      value,
    );
  if (scheme !== null || value.startsWith('/'))
    return advise(`${quote(value)} is not supported: only TCP to an address and a port is`, example);
  const [, host = '', digits = ''] = /^(.*):([0-9]{1,6})$/.exec(value) ?? [];
  if (host === '' || digits === '') {
    return parseAddress(value) !== null || isHostName(value)
      ? advise(`${quote(value)} has no port`, example)
      : advise(`${quote(value)} is not an address with a port`, example);
  }
  const port = Number(digits);
  if (port < 1 || port > 65535) return `the port ${digits} is not within 1 and 65535`;
  if (host.startsWith('[') && host.endsWith(']')) {
    const address = parseAddress(host.slice(1, -1));
    return address?.family === 6 ? { host: address.text, address, port } : advise(`${quote(host)} is not an IPv6 address`, example);
  }
  if (host.includes(':')) return advise(`the IPv6 address of ${quote(value)} needs brackets`, example);
  const address = parseAddress(host);
  if (address !== null) return { host: address.text, address, port };
  if (isHostName(host)) return { host: host.toLowerCase(), address: null, port };
  return advise(
    `${quote(host)} is neither an address nor a host name`,
    /^[0-9.]+$/.test(host) ? 'an IPv4 address has four numbers from 0 to 255' : example,
  );
}

/** Reads what a bind says: `*:80`, `[::]:443` or an address with a port; `*` stays, the IPv6 wildcard is `::`. */
export function parseListen(value: string): { readonly address: string; readonly family: 4 | 6; readonly port: number } | string {
  if (value.startsWith('/') || value.startsWith('unix@'))
    return advise(`${quote(value)} is a path, not an address`, `write unix: ${value.replace(/^unix@/, '')}`);
  const any = /^\*:([0-9]{1,6})$/.exec(value);
  const endpoint = parseEndpoint(any === null ? value : `0.0.0.0:${any[1]}`);
  if (typeof endpoint === 'string') return endpoint.replace(' or name.example:8080', '').replace('write 10', 'write "*:80", 10');
  if (endpoint.address === null)
    return advise(`a bind needs an address, not the name ${quote(endpoint.host)}`, 'write the address, or vip: and port:');
  const { family } = endpoint.address;
  return { address: family === 4 && endpoint.host === '0.0.0.0' ? '*' : endpoint.host, family, port: endpoint.port };
}

/** An address without a prefix length. */
export const address = () =>
  checkedText('an address', (value) => {
    if (parseAddress(value) !== null) return null;
    if (parseNetwork(value) !== null) return advise(`${quote(value)} has a prefix length`, `write ${value.slice(0, value.indexOf('/'))}`);
    return advise(
      `${quote(value)} is not an IPv4 or IPv6 address`,
      /^[0-9.]+$/.test(value) ? 'an IPv4 address has four numbers from 0 to 255' : undefined,
    );
  });

/** An interface's address with its prefix length. */
export const interfaceAddress = () =>
  checkedText('an address with a prefix length', (value) => {
    const network = parseNetwork(value);
    if (network === null) {
      return parseAddress(value) === null
        ? advise(`${quote(value)} is not an address with a prefix length`, 'write 192.0.2.11/24 or 2001:db8::11/64')
        : advise(`${quote(value)} has no prefix length`, `write ${value}/${value.includes(':') ? 64 : 24}, with the length of its subnet`);
    }
    const range = unusable(network);
    if (range !== null) return `${quote(value)} is ${withArticle(range)} address, which no interface may have`;
    if (network.family === 4 && network.prefix < 31) {
      if (networkAddress(network) === network.text)
        return advise(`${quote(value)} is the subnet itself`, 'write the address of this machine in it');
      if (broadcastAddress(network) === network.text) return `${quote(value)} is the broadcast address of its subnet`;
    }
    return null;
  });

/** A network: an address with a prefix length, or one address. */
export const network = () =>
  checkedText('a network', (value) => {
    if (parseAddress(value) !== null) return null;
    const parsed = parseNetwork(value);
    if (parsed === null) return advise(`${quote(value)} is not a network`, 'write 192.0.2.0/24, 2001:db8::/32 or one address');
    const first = networkAddress(parsed);
    return parseAddress(first)?.text === parsed.text
      ? null
      : advise(`${quote(value)} has bits set behind its prefix length`, `write ${first}/${parsed.prefix}`);
  });

/** The folder for UNIX sockets of servers that are programs of the same machine: HAProxy's worker sees it. */
export const SERVER_SOCKETS = '/run/servers';

/**
 * The path of a server's UNIX socket, `unix:/run/servers/app.sock`, or that of a bind, `unix:/run/app.sock`, or the name of an abstract one as HAProxy writes it,
 * `abns@app` for `abns:app`; null for another address.
 */
export function parseSocket(value: string): string | null {
  const [, path, abstract] =
    /^(?:unix:(\/run\/(?:servers\/)?[A-Za-z][A-Za-z0-9_.-]{0,63}\.sock)|abns:([A-Za-z][A-Za-z0-9_.-]{0,63}))$/.exec(value) ?? [];
  return path ?? (abstract === undefined ? null : `abns@${abstract}`);
}

/** `host:port` of a server, or a UNIX socket. */
export const endpoint = () =>
  checkedText('an address with a port', (value) => {
    if (parseSocket(value) !== null) return null;
    if (value.startsWith('unix:'))
      return advise(
        `${quote(value)} is not a UNIX socket that HAProxy reaches`,
        `write unix:${SERVER_SOCKETS}/NAME.sock, or unix:/run/NAME.sock for a bind of this document`,
      );
    if (value.startsWith('abns:')) return advise(`${quote(value)} is not an abstract UNIX socket`, 'write abns:NAME, as a bind has it');
    const parsed = parseEndpoint(value);
    if (typeof parsed === 'string') return parsed;
    const range = parsed.address === null ? null : unusable(parsed.address);
    return range === null || range === 'loopback' || range === 'ipv4Mapped'
      ? null
      : `${quote(value)} is ${withArticle(range)} address, which no server has`;
  });

/** An address or a host name, without a port. */
export const host = () =>
  checkedText('an address or a host name', (value) =>
    parseAddress(value) !== null || isHostName(value) ? null : `${quote(value)} is neither an address nor a host name`,
  );

/** An Ethernet address. */
export const mac = () =>
  text('a MAC address', /^[0-9A-Fa-f]{2}(?::[0-9A-Fa-f]{2}){5}$/, 'six pairs of hexadecimal digits: 52:54:00:a1:00:01').refine(
    // The lowest bit of the first byte is that of a group (IEEE 802-2014, 8.2.2).
    (value) => !/^[0-9A-Fa-f][13579BbDdFf]:/.test(value),
    { error: (issue) => `${quote(String(issue.input))} is a multicast address, which no NIC has` },
  );

/** A PCI address with its domain. */
export const pci = () =>
  text(
    'a PCI address',
    /^[0-9A-Fa-f]{4}:[0-9A-Fa-f]{2}:[01][0-9A-Fa-f]\.[0-7]$/,
    'domain:bus:device.function, as lspci -D shows it: 0000:3b:00.0',
  );
