import type { VrrpInstance } from '../../proxy/model.ts';

/** One VRRP instance of a pair, as its first node runs it. */
export const site: VrrpInstance = {
  name: 'site',
  link: 'front',
  virtualRouterId: 51,
  advertSeconds: 0.3,
  priority: 254,
  peerPriority: 253,
  sourceAddress: '203.0.113.2',
  peerAddress: '203.0.113.3',
  vips: ['203.0.113.10/32', '2001:db8:1::10/128', '203.0.113.11/32'],
};
