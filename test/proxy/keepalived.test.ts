import { describe, expect, test } from 'vitest';
import { renderKeepalived } from '../../proxy/keepalived/render.ts';
import { site } from './site.ts';

const lines = (text: string) => text.split('\n').map((line) => line.trim());

describe('keepalived.conf', () => {
  test('is what reliability asks for', async () => {
    await expect(renderKeepalived([site], 'lb1')).toMatchFileSnapshot('site.conf');
  });

  test('never has a weight beside nopreempt, nor a node that begins as master', () => {
    const text = renderKeepalived([site, { ...site, name: 'other', priority: 253, peerPriority: 254 }], 'lb1');
    // a weight of 0 is none: the tracked file means FAULT
    expect(lines(text).filter((line) => line.startsWith('weight'))).toEqual(['weight 0']);
    expect(text).not.toMatch(/state MASTER|weight -|priority 255/);
  });

  test('advertises one VIP of the family that VRRP speaks and leaves all others out of the advert', () => {
    const ofSix = renderKeepalived([{ ...site, sourceAddress: '2001:db8:1::2', peerAddress: '2001:db8:1::3' }], 'lb1');
    expect(ofSix).toMatch(
      /virtual_ipaddress \{\s+2001:db8:1::10\/128\s+\}\s+virtual_ipaddress_excluded \{\s+203\.0\.113\.10\/32\s+203\.0\.113\.11\/32\s+\}/,
    );
    expect(() => renderKeepalived([{ ...site, vips: ['2001:db8:1::10/128'] }], 'lb1')).toThrow('no VIP of that family');
  });

  test('moves instances that prefer the same node together, and only those', () => {
    const others = [
      { ...site, name: 'two', virtualRouterId: 52 },
      { ...site, name: 'three', virtualRouterId: 53, priority: 253, peerPriority: 254 },
    ];
    const text = renderKeepalived([site, ...others], 'lb1');
    expect(text).toMatch(/vrrp_sync_group priority_254 \{\s+group \{\s+site\s+two\s+\}\s+\}/);
    expect(text.match(/vrrp_sync_group/g)).toHaveLength(1);
  });

  test.each(['a b', 'a"b', 'a{', '$A', 'a!b', 'a#b', 'a\nb', '@x', ''])('refuses the name %j', (name) => {
    expect(() => renderKeepalived([{ ...site, name }], 'lb1')).toThrow('not a name');
    expect(() => renderKeepalived([{ ...site, link: name }], 'lb1')).toThrow('not a name');
    expect(() => renderKeepalived([site], name)).toThrow('not a name');
    expect(() => renderKeepalived([{ ...site, peerAddress: `x${name}` }], 'lb1')).toThrow();
  });
});
