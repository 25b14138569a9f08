import { describe, expect, test } from 'vitest';
import { renderKeepalived } from '../../proxy/keepalived/render.ts';
import { vrrpDifferences } from '../../proxy/keepalived/runtime.ts';
import { site } from './site.ts';

const six = {
  ...site,
  name: 'six',
  virtualRouterId: 52,
  priority: 253,
  peerPriority: 254,
  sourceAddress: '2001:db8:1::2',
  peerAddress: '2001:db8:1::3',
  vips: ['2001:db8:1::20/128'],
};

/** What keepalived 2.3.3 wrote of these two, without its counters. */
const said = {
  vrrp: [
    {
      data: {
        iname: 'site',
        ifp_ifname: 'front',
        vrid: 51,
        base_priority: 254,
        effective_priority: 254,
        adver_int: 0.3,
        master_adver_int: 0.3,
        nopreempt: true,
        state: 2,
        version: 3,
        vips: ['203.0.113.10 dev front scope global set'],
        evips: ['2001:db8:1::10 dev front scope global deprecated set', '203.0.113.11 dev front scope global set'],
        track_script: ["'/usr/lib/weir/check-haproxy' 'there'", "'/usr/lib/weir/check-haproxy' 'answers'"],
      },
    },
    {
      data: {
        iname: 'six',
        ifp_ifname: 'front',
        vrid: 52,
        base_priority: 253,
        adver_int: 0.3,
        state: 1,
        vips: ['2001:db8:1::20 dev front scope global deprecated'],
      },
    },
  ],
};
const json = JSON.stringify(said);
const config = (...instances: Parameters<typeof renderKeepalived>[0]) => renderKeepalived(instances, 'lb1');

describe('what keepalived runs', () => {
  test('is what its file says, whichever node is master', () => {
    expect(vrrpDifferences(config(site, six), json)).toEqual([]);
  });

  test.each([
    ['interface', { link: 'back' }, 'interface front, its file says back'],
    ['virtual router id', { virtualRouterId: 7 }, 'virtual_router_id 51, its file says 7'],
    ['priority', { priority: 253 }, 'priority 254, its file says 253'],
    ['advert interval', { advertSeconds: 1 }, 'advert_int 0.3, its file says 1'],
    [
      'VIPs',
      { vips: ['203.0.113.10/32', '203.0.113.12/32'] },
      'VIPs 2001:db8:1::10,203.0.113.10,203.0.113.11, its file says 203.0.113.10,203.0.113.12',
    ],
  ])('differs by its %s', (_, different, difference) => {
    expect(vrrpDifferences(config({ ...site, ...different }, six), json)).toEqual([
      `keepalived runs the VRRP instance site with ${difference}`,
    ]);
  });

  test('differs by an instance that it lacks, and by one that it should not have', () => {
    expect(vrrpDifferences(config(site, { ...six, name: 'other' }), json)).toEqual([
      'keepalived does not run the VRRP instance other of its file',
      'keepalived runs the VRRP instance six, which its file does not have',
    ]);
    expect(vrrpDifferences(config(site), '{"vrrp":[]}')).toEqual(['keepalived does not run the VRRP instance site of its file']);
  });

  test.each(['', '{', '[]', '{"vrrp":null}', '{"vrrp":[{}]}', 'null'])('is not known from %j', (answer) => {
    expect(vrrpDifferences(config(site), answer)).toEqual(['what keepalived says of itself is not to be understood']);
  });
});
