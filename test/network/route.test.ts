import { describe, expect, test } from 'vitest';
import { linkRoutes, routing, sourceRules } from '../../appliance/network/route.ts';
import { link } from './link.ts';

const mgmt = link('mgmt', { role: 'management', gateways: ['192.0.2.1'], routes: [{ to: '10.0.0.0/8', via: '192.0.2.254', metric: 50 }] });
const front = link('front', { addresses: ['203.0.113.2/24', '2001:db8::2/64'], gateways: ['203.0.113.1', 'fe80::1'] });
const back = link('back', { addresses: ['10.20.0.2/24'] });

describe('routes', () => {
  test('of a link with a gateway stand in its own table too: its networks, its routes and the default', () => {
    const all = routing([mgmt, front, back]);
    const table = all.tables.get('mgmt');
    expect(linkRoutes(mgmt, all)).toEqual([
      { to: '10.0.0.0/8', via: '192.0.2.254', onLink: false, table: null, metric: 50 },
      { to: '0.0.0.0/0', via: '192.0.2.1', onLink: false, table: null, metric: 300 },
      { to: '192.0.2.0/24', via: null, onLink: false, table, metric: null },
      { to: '10.0.0.0/8', via: '192.0.2.254', onLink: false, table, metric: 50 },
      { to: '0.0.0.0/0', via: '192.0.2.1', onLink: false, table, metric: null },
    ]);
  });

  test('are none for a link without a gateway or routes', () => {
    expect(linkRoutes(back, routing([mgmt, front, back]))).toEqual([]);
    expect(sourceRules(back, [], routing([mgmt, front, back]))).toEqual([]);
  });

  test('to a gateway outside of the subnets of a link say that it is on the link; a link-local one needs no such word', () => {
    const far = link('far', { addresses: ['198.51.100.7/32'], gateways: ['198.51.100.1'] });
    expect(
      linkRoutes(far, routing([far]))
        .filter(({ to }) => to === '0.0.0.0/0')
        .every(({ onLink }) => onLink),
    ).toBe(true);
    expect(linkRoutes(front, routing([front])).some(({ onLink }) => onLink)).toBe(false);
  });

  test('by source are there for every address and every VIP of a family that has a gateway', () => {
    const all = routing([mgmt, front]);
    const table = all.tables.get('front');
    const rules = sourceRules(front, ['203.0.113.10', '2001:db8::10'], all);
    expect(rules.map(({ from }) => from)).toEqual(['203.0.113.2/32', '203.0.113.10/32', '2001:db8::2/128', '2001:db8::10/128']);
    expect(rules.every((rule) => rule.table === table)).toBe(true);
    expect(sourceRules(mgmt, ['2001:db8::11'], all).map(({ from }) => from)).toEqual(['192.0.2.11/32']);
  });

  test('of what the machine begins itself prefer service links, then those of the pair, then management', () => {
    const { metrics } = routing([mgmt, front, link('b-dhcp', { dhcp: 'ipv4', addresses: [] }), back]);
    expect(Object.fromEntries(metrics)).toEqual({ 'b-dhcp': 100, front: 101, mgmt: 300 });
  });

  test('of one link stay in their table when other links come and go', () => {
    const one = routing([front]).tables.get('front');
    expect(routing([back, mgmt, front, link('z', { gateways: ['192.0.2.1'] })]).tables.get('front')).toBe(one);
    const tables = [...routing(Array.from({ length: 200 }, (_, n) => link(`link${n}`, { gateways: ['192.0.2.1'] }))).tables.values()];
    expect(new Set(tables).size).toBe(200);
    expect(tables.every((table) => table >= 1000 && table < 2 ** 31)).toBe(true);
  });
});
