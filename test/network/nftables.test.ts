import { describe, expect, test } from 'vitest';
import { drainingAfter, renderDraining } from '../../appliance/network/draining.ts';
import { type FirewallInput, renderNftables } from '../../appliance/network/nftables.ts';
import { link } from './link.ts';

const nothing: FirewallInput = { binds: [], ssh: null, peers: [], servers: [], dns: [], ntp: [], log: null, links: [link('front')] };

/** The elements of a set of the text; null where there is no such set. */
function elements(text: string, set: string): readonly string[] | null {
  const lines = text.split('\n');
  const begin = lines.indexOf(`  set ${set} {`);
  if (begin < 0) return null;
  const body = lines.slice(begin, lines.indexOf('  }', begin));
  return body.filter((line) => line.startsWith('      ')).map((line) => line.trim().replace(/,$/, ''));
}

describe('the firewall', () => {
  test('replaces its table in one transaction and tracks nothing', () => {
    const text = renderNftables(nothing);
    expect(text.split('\n').slice(1, 4)).toEqual(['table inet weir {}', 'delete table inet weir', 'table inet weir {']);
    expect(text).not.toMatch(/\bct\b|flush|notrack|reject/);
    expect(text.endsWith('include "/run/weir/draining*.nft"\ninclude "/run/weir/blocked*.nft"\ninclude "/run/weir/moved*.nft"\n')).toBe(
      true,
    );
  });

  test('of an empty document opens nothing: no port, no DHCP, no adverts, no ssh', () => {
    const text = renderNftables(nothing);
    expect(
      ['open4', 'open6', 'open4_any', 'open6_any', 'tcp_reply4', 'tcp_reply_any', 'udp_reply_any'].flatMap((set) => elements(text, set)),
    ).toEqual([]);
    expect(text).not.toMatch(/ 112 | 68 | 546 | 22 |nd-router-advert/);
  });

  test('lets the peers of stick tables in where they are told to listen, each family by itself, and nobody else', () => {
    const from = ['10.20.0.12', '10.20.0.3', '2001:db8::9', '10.20.0.3'];
    const text = renderNftables({ ...nothing, tablePeers: [{ address: '10.20.0.2', port: 10000, from }] });
    expect(text.split('\n').filter((line) => line.includes('10000'))).toEqual([
      '    ip saddr { 10.20.0.3, 10.20.0.12 } ip daddr 10.20.0.2 tcp dport 10000 accept',
    ]);
    expect(renderNftables({ ...nothing, tablePeers: [{ address: '10.20.0.2', port: 10000, from: [] }] })).not.toContain('10000');
  });

  test('is the same text whatever the order of the document', () => {
    const input: FirewallInput = {
      ...nothing,
      binds: [
        { address: '203.0.113.10', protocol: 'tcp', port: 443 },
        { address: '203.0.113.9', protocol: 'tcp', port: 80 },
        { address: '::', protocol: 'tcp', port: 8080 },
        { address: '*', protocol: 'tcp', port: 81 },
      ],
      servers: [
        { address: '10.20.0.12', port: 8080 },
        { address: '10.20.0.2', port: 8080 },
        { address: 'api.example', port: 8443 },
        { address: '10.20.0.2', port: 80 },
        { address: '10.20.0.2', port: 80 },
      ],
    };
    const text = renderNftables(input);
    expect(renderNftables({ ...input, binds: [...input.binds].reverse(), servers: [...input.servers].reverse() })).toBe(text);
    expect(elements(text, 'open4')).toEqual(['203.0.113.9 . tcp . 80', '203.0.113.10 . tcp . 443']);
    expect(elements(text, 'open4_any')).toEqual(['tcp . 81', 'tcp . 8080']);
    expect(elements(text, 'open6_any')).toEqual(['tcp . 8080']);
    expect(elements(text, 'tcp_reply4')).toEqual(['10.20.0.2 . 80', '10.20.0.2 . 8080', '10.20.0.12 . 8080']);
    expect(elements(text, 'tcp_reply_any')).toEqual(['8443']);
  });

  test('hears name servers, time servers and the log server that the document names, by address or by port', () => {
    const text = renderNftables({
      ...nothing,
      dns: ['10.0.0.53', '2001:db8::53'],
      ntp: ['10.0.0.123', 'ntp.example'],
      log: { protocol: 'tls', host: 'logs.example', port: 6514, format: 'json' },
    });
    expect(elements(text, 'udp_reply4')).toEqual(['10.0.0.53 . 53', '10.0.0.123 . 123']);
    expect(elements(text, 'udp_reply6')).toEqual(['2001:db8::53 . 53']);
    expect(elements(text, 'udp_reply_any')).toEqual(['123']);
    expect(elements(text, 'tcp_reply4')).toEqual(['10.0.0.53 . 53']);
    expect(elements(text, 'tcp_reply_any')).toEqual(['6514']);
  });

  test('opens DHCP, router advertisements and unknown name servers only for links that take them', () => {
    const text = renderNftables({
      ...nothing,
      links: [link('a', { dhcp: 'ipv4' }), link('b', { dhcp: 'ipv6' }), link('c', { dhcp: 'yes' }), link('d')],
    });
    expect(text).toContain('iifname { "a", "c" } udp sport 67 udp dport 68 accept');
    expect(text).toContain('iifname { "b", "c" } icmpv6 type nd-router-advert ip6 hoplimit 255 ip6 saddr fe80::/10 accept');
    expect(elements(text, 'udp_reply_any')).toEqual(['53']);
    expect(elements(renderNftables({ ...nothing, dns: ['10.0.0.53'], links: [link('a', { dhcp: 'yes' })] }), 'udp_reply_any')).toEqual([]);
  });

  test('opens ssh on management links to the networks of the document, those inside others left out', () => {
    const from = (networks: readonly string[]) => renderNftables({ ...nothing, ssh: { links: ['mgmt'], from: networks } });
    expect(from([])).toContain('iifname { "mgmt" } tcp dport 22 accept');
    const text = from(['192.0.2.77/25', '192.0.2.0/24', '198.51.100.0/24', '2001:db8::/32']);
    expect(elements(text, 'ssh4')).toEqual(['192.0.2.0/24', '198.51.100.0/24']);
    expect(elements(text, 'ssh6')).toEqual(['2001:db8::/32']);
    expect(text).not.toContain('} tcp dport 22 accept');
    expect(from(['192.0.2.0/24'])).not.toContain('@ssh6');
  });

  test('hears adverts from the peer alone, in the family of its address', () => {
    const text = renderNftables({
      ...nothing,
      peers: [
        { link: 'front', address: '2001:db8::3' },
        { link: 'front', address: '203.0.113.3' },
      ],
    });
    expect(text).toContain('iifname "front" ip saddr 203.0.113.3 meta l4proto 112 ip ttl 255 accept');
    expect(text).toContain('iifname "front" ip6 saddr 2001:db8::3 meta l4proto 112 ip6 hoplimit 255 accept');
  });

  test('writes no text of the document but numbers and interface names', () => {
    const evil = 'x" } ; flush ruleset #';
    expect(renderNftables({ ...nothing, servers: [{ address: evil, port: 80 }], ntp: [evil] })).not.toContain('flush');
    expect(() => renderNftables({ ...nothing, ssh: { links: [evil], from: [] } })).toThrow('not an interface name');
    expect(() => renderNftables({ ...nothing, binds: [{ address: evil, protocol: 'tcp', port: 80 }] })).toThrow('not an IP address');
  });

  test('names each of 40,000 servers once', () => {
    const servers = Array.from({ length: 40_000 }, (_, n) => ({ address: `10.${n >> 12}.${(n >> 4) & 255}.${n & 15}`, port: 8080 }));
    expect(elements(renderNftables({ ...nothing, servers: [...servers, ...servers] }), 'tcp_reply4')).toHaveLength(40_000);
  });
});

describe('what drains', () => {
  const before: FirewallInput = {
    ...nothing,
    binds: [
      { address: '203.0.113.10', protocol: 'tcp', port: 80 },
      { address: '203.0.113.10', protocol: 'udp', port: 443 },
      { address: '::', protocol: 'tcp', port: 81 },
    ],
    servers: [
      { address: '10.20.0.11', port: 80 },
      { address: 'a.example', port: 8443 },
    ],
  };

  test('is what a change closes: TCP ports and servers', () => {
    const draining = drainingAfter(before, { ...nothing, servers: [{ address: 'b.example', port: 8443 }] });
    expect(draining).toEqual({
      ports: [
        { address: '::', protocol: 'tcp', port: 81 },
        { address: '203.0.113.10', protocol: 'tcp', port: 80 },
      ],
      servers: [{ address: '10.20.0.11', port: 80 }],
    });
    expect(renderDraining(draining, 60).split('\n').slice(1)).toEqual([
      'add element inet weir draining4 { 203.0.113.10 . tcp . 80 timeout 60s }',
      'add element inet weir draining4_any { tcp . 81 timeout 60s }',
      'add element inet weir draining6_any { tcp . 81 timeout 60s }',
      'add element inet weir tcp_reply4 { 10.20.0.11 . 80 timeout 60s }',
      '',
    ]);
  });

  test('is nothing where nothing closes', () => expect(drainingAfter(before, before)).toEqual({ ports: [], servers: [] }));
});
