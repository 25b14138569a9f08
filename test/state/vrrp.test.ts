import { describe, expect, test } from 'vitest';
import { load } from '../../appliance/config/load.ts';
import { advertSeconds, vrrpInstances } from '../../appliance/state/vrrp.ts';

function pair(vips: string) {
  const link = (mac: number, host: number) =>
    `{ links: { front: { mac: "52:54:00:00:00:0${mac}", addresses: [192.0.2.${host}/24, "2001:db8::${host}/64"] } } }`;
  const { config, problems } = load(
    `version: 1
nodes: { lb1: ${link(1, 2)}, lb2: ${link(2, 3)} }
vrrp: { site: { link: front, virtual_router_id: 7, prefer: lb2 } }
vips: { www: { vrrp: site, addresses: [${vips}] } }`,
    { file: 'config.yaml', files: null },
  );
  if (config === null) throw new Error(JSON.stringify(problems));
  return config;
}

describe('adverts', () => {
  test.each([
    ['192.0.2.10', '192.0.2.2', '192.0.2.3'],
    ['"2001:db8::10"', '2001:db8::2', '2001:db8::3'],
    ['"2001:db8::10", 192.0.2.10', '192.0.2.2', '192.0.2.3'],
  ])('of VIPs %s go between addresses of a family that the VIPs have', (vips, sourceAddress, peerAddress) => {
    expect(vrrpInstances(pair(vips), 'lb1', null)).toMatchObject([{ sourceAddress, peerAddress, priority: 253, peerPriority: 254 }]);
    expect(vrrpInstances(pair(vips), 'lb2', null)).toMatchObject([
      { sourceAddress: peerAddress, peerAddress: sourceAddress, priority: 254, peerPriority: 253 },
    ]);
  });

  test('are slow in a virtual machine, which may stand still for seconds', () => {
    expect(advertSeconds('auto', 'kvm')).toBe(1);
    expect(advertSeconds('auto', 'none')).toBe(0.3);
    expect(advertSeconds('fast', 'kvm')).toBe(0.1);
  });
});
