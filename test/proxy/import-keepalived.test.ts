import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { documentOf } from '../../appliance/config/imported.ts';
import { importHaproxy } from '../../proxy/haproxy/import/import.ts';
import { importKeepalived } from '../../proxy/keepalived/import/import.ts';
import { parseIp, spelled } from '../../proxy/keepalived/import/ip.ts';
import { withPair } from '../../proxy/keepalived/import/join.ts';

const folder = join(import.meta.dirname, '../import');
const read = (name: string) => readFileSync(join(folder, name), 'utf8');

/** The document of a haproxy.cfg and a keepalived.conf, and what is wrong with it. */
function joined(haproxy: string, keepalived: string) {
  const pair = importKeepalived(keepalived);
  expect(pair.mistakes).toEqual([]);
  const { imported, problems } = documentOf(haproxy, (text, refused) => withPair(importHaproxy(text, refused), pair));
  return { pair, document: imported.document, errors: problems.filter(({ severity }) => severity !== 'warning') };
}

const instance = (lines: string, name = 'VI_1') => `vrrp_instance ${name} {\n interface front\n virtual_router_id 7\n${lines}\n}\n`;
const vip = (...addresses: readonly string[]) => `virtual_ipaddress {\n${addresses.join('\n')}\n}`;
const web = (...binds: readonly string[]) =>
  [
    'frontend web',
    ' mode http',
    ...binds.map((each) => ` bind ${each}`),
    ' default_backend app',
    'backend app',
    ' mode http',
    ' server s 10.0.0.1:80',
  ].join('\n');

describe('import of a keepalived.conf', () => {
  test('a pair becomes nodes, VRRP instances and VIPs, and binds name the VIPs', () => {
    const { document, errors } = joined(read('pair.cfg'), read('pair.keepalived.conf'));
    expect(errors).toEqual([]);
    expect(document.nodes).toEqual({
      lb1: { links: { eth0: { mac: '52:54:00:00:00:01', addresses: ['203.0.113.2/24', '2001:db8:1::2/64'] } } },
      lb2: { links: { eth0: { mac: '52:54:00:00:01:01', addresses: ['203.0.113.3/24', '2001:db8:1::3/64'] } } },
    });
    expect(document.vrrp).toEqual({
      VI_WEB: { link: 'eth0', virtual_router_id: 51, prefer: 'lb1' },
      VI_WEB6: { link: 'eth0', virtual_router_id: 52, prefer: 'lb1' },
    });
    // mail is on one of the addresses alone
    expect(document.vips).toEqual({
      VI_WEB: { vrrp: 'VI_WEB', addresses: ['203.0.113.10'] },
      'VI_WEB-2': { vrrp: 'VI_WEB', addresses: ['203.0.113.11'] },
      VI_WEB6: { vrrp: 'VI_WEB6', addresses: ['2001:db8:1::10'] },
    });
    expect(document.frontends).toMatchObject({
      www: {
        bind: [
          { vip: 'VI_WEB', port: 80 },
          { vip: 'VI_WEB6', port: 80 },
        ],
      },
      mail: { bind: [{ vip: 'VI_WEB-2', port: 25 }] },
      local: { bind: [{ address: '127.0.0.1:8404' }] },
    });
  });

  test('each line but those of structure has its fate, and what is no option has a reason; no password is told', () => {
    const { outcomes } = importKeepalived(read('pair.keepalived.conf'));
    expect(outcomes.filter(({ fate, reason }) => fate !== 'option' && !reason)).toEqual([]);
    expect(JSON.stringify(outcomes)).not.toContain('s3cret');
    const at = (line: number) => outcomes.find((each) => each.line === line);
    expect(at(31)).toMatchObject({ text: 'authentication', fate: 'dropped' });
    expect(at(33)).toMatchObject({ text: 'auth_pass [secret]', fate: 'dropped', within: 31 });
    expect(at(44)).toMatchObject({ text: 'eth1', fate: 'dropped' });
    expect(at(63)).toMatchObject({ text: 'virtual_server 203.0.113.12 53', fate: 'dropped' });
    const structure =
      /^\s*(?:[}!#]|$)|^\s*(?:global_defs|vrrp_sync_group|vrrp_instance|unicast_peer|virtual_ipaddress|track_interface|track_script) .*\{$/;
    const lines = read('pair.keepalived.conf')
      .split('\n')
      .flatMap((text, index) => (structure.test(text) ? [] : [index + 1]));
    expect(outcomes.map(({ line }) => line)).toEqual(lines);
  });

  test('addresses that all are listened on alike are one VIP, whatever they are written like', () => {
    const { document, errors } = joined(
      web('192.0.2.10:80', '[2001:DB8:0::10]:80', '192.0.2.9:8080'),
      instance(vip('192.0.2.10', '2001:db8::10')),
    );
    expect(errors).toEqual([]);
    expect(document.vips).toEqual({ VI_1: { vrrp: 'VI_1', addresses: ['192.0.2.10', '2001:db8::10'] } });
    expect(document.frontends).toMatchObject({ web: { bind: [{ vip: 'VI_1', port: 80 }, { address: '192.0.2.9:8080' }] } });
    // what is no VIP is an address of the node that the file is of
    expect(document.nodes).toMatchObject({ lb1: { links: { front: { addresses: ['192.0.2.2/24', '2001:db8::2/64', '192.0.2.9/32'] } } } });
  });

  test('VLANs are links upon links, addresses on another interface have an instance of their own, and ids do not collide', () => {
    const conf = `${instance(`interface bond0.12\n${vip('192.0.2.10/24', '198.51.100.10/25 dev eth1')}`)}${instance(`interface bond0.12\nstate BACKUP\n${vip('2001:db8::10/64')}`, 'VI_6')}`;
    const { document, errors } = joined(web('192.0.2.10:80'), conf);
    expect(errors).toEqual([]);
    expect(document.vrrp).toEqual({
      VI_1: { link: 'bond0-12', virtual_router_id: 7, prefer: 'lb2' },
      'VI_1-eth1': { link: 'eth1', virtual_router_id: 7, prefer: 'lb2' },
      VI_6: { link: 'bond0-12', virtual_router_id: 1, prefer: 'lb2' },
    });
    expect((document.nodes as { lb1: object }).lb1).toEqual({
      links: {
        bond0: { mac: '52:54:00:00:00:01' },
        'bond0-12': { link: 'bond0', vlan: 12, addresses: ['192.0.2.2/24', '2001:db8::2/64'] },
        eth1: { mac: '52:54:00:00:00:03', addresses: ['198.51.100.2/25'] },
      },
    });
  });

  test('adverts go by the link of the VIPs, and addresses of the nodes beside them are kept', () => {
    const unicast = 'unicast_src_ip 10.9.9.1\nunicast_peer {\n10.9.9.2\n}\n';
    const { document, pair, errors } = joined(web('192.0.2.10:80'), instance(`${unicast}${vip('192.0.2.10/24 dev eth1')}`));
    expect(errors).toEqual([]);
    expect(document.vrrp).toEqual({ VI_1: { link: 'eth1', virtual_router_id: 7, prefer: 'lb2' } });
    expect(document.nodes).toMatchObject({ lb1: { links: { eth1: { addresses: ['192.0.2.2/24'] } } } });
    expect(pair.outcomes.filter(({ text }) => text.includes('10.9.9'))).toMatchObject([{ fate: 'own' }, { fate: 'own' }]);

    const beside = joined(web('192.0.2.10:80'), instance(`${unicast}${vip('192.0.2.10/24')}`));
    expect(beside.errors).toEqual([]);
    expect(beside.document.nodes).toMatchObject({
      lb1: { links: { front: { addresses: ['192.0.2.2/24', '10.9.9.1/24'] } } },
      lb2: { links: { front: { addresses: ['192.0.2.3/24', '10.9.9.2/24'] } } },
    });
  });

  test('variables, quotes, comments and braces are read as keepalived reads them', () => {
    const conf =
      '$IP=192.0.2.10\nvrrp_instance "VI 1" # one\n{\n interface front ! here\n virtual_router_id 7\n virtual_ipaddress { ${IP} }\n}\n';
    const { pair } = joined(web('192.0.2.10:80'), conf);
    expect(pair.moved).toEqual([{ address: '192.0.2.10', vrrp: 'VI-1' }]);
  });

  test.each([
    ['vrrp_instance VI_1 {\n interface front\n', [{ line: 1, message: 'the block vrrp_instance is not closed', hint: 'a } is missing' }]],
    [`${instance(vip('192.0.2.10'))}}\n`, [{ line: 8, message: 'a } closes no block' }]],
    [
      '{\n}\n',
      [
        { line: 1, message: 'a { opens no block: there is no keyword before it' },
        { line: 2, message: 'a } closes no block' },
      ],
    ],
    ['global_defs {\n router_id "lb1\n}\n', [{ line: 2, message: 'a quote is not closed' }]],
    [
      instance(vip('192.0.2.300')),
      [
        { line: 5, message: '"192.0.2.300" is no address' },
        { line: 1, message: 'vrrp_instance "VI_1" has no virtual_ipaddress' },
      ],
    ],
    [instance(`virtual_router_id 256\n${vip('192.0.2.10')}`), [{ line: 4, message: '"256" is no virtual router id' }]],
    [
      `vrrp_instance VI_1 {\n${vip('192.0.2.10')}\n}`,
      [
        { line: 1, message: 'vrrp_instance "VI_1" has no interface' },
        { line: 1, message: 'vrrp_instance "VI_1" has no virtual_router_id' },
      ],
    ],
    [instance(vip('192.0.2.10')) + instance(vip('192.0.2.11')), [{ line: 8, message: 'vrrp_instance "VI_1" is there already' }]],
    [instance(vip('192.0.2.10', '192.0.2.10')), [{ line: 6, message: '192.0.2.10 belongs to vrrp_instance "VI_1" already' }]],
    [instance(vip('192.0.2.10 192.0.2.11')), [{ line: 5, message: 'there are two addresses in one line' }, { line: 1 }]],
    [`a {\n`.repeat(30) + '}\n'.repeat(30), [{ line: 21, message: 'blocks stand in more than 20 others' }]],
    [
      `$A=${'x'.repeat(50)}\n${'$A=$A$A\n'.repeat(60)}`,
      Array.from({ length: 54 }, (_, index) => ({ line: 8 + index, message: 'the value of $A is longer than 4096 characters' })),
    ],
    ['\0\x01', [{ line: 1, message: 'there is a NUL character: this is no text' }]],
    ['', [{ line: 1, message: 'there is no vrrp_instance' }]],
    ['vrrp_instance', [{ line: 1, message: 'a vrrp_instance needs a name and a block' }]],
    ['vrrp_instance __proto__ {\n__proto__ {\n}\n}\n', [{ line: 1 }, { line: 1 }, { line: 1 }]],
  ])('what keepalived would not take is told with its line: %j', (conf, mistakes) => {
    expect(importKeepalived(conf).mistakes).toMatchObject(mistakes);
  });

  test.each([
    ['2001:DB8:0:0:0:0:0:1', '2001:db8::1'],
    ['::', '::'],
    ['1:0:0:2:0:0:0:3', '1:0:0:2::3'],
    ['10:0:100:0:0:0:0:0', '10:0:100::'],
    ['192.0.2.1', '192.0.2.1'],
  ])('the address %s is spelled %s', (text, as) => {
    const ip = parseIp(text);
    expect(ip === null ? null : spelled(ip)).toBe(as);
  });

  test.each(['192.0.2', '1.2.3.4.5', '256.1.1.1', '01.2.3.4', ':::', '1::2::3', '1:2:3:4:5:6:7', '::12345', 'front', ''])(
    '%j is no address',
    (text) => {
      expect(parseIp(text)).toBeNull();
    },
  );
});
