import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Link } from '../../appliance/config/config.ts';
import { devices } from '../../appliance/network/device.ts';
import { link } from './link.ts';

const a = { kind: 'mac', mac: '52:54:00:00:00:0a' } as const;
const b = { kind: 'mac', mac: '52:54:00:00:00:0b' } as const;
const bond = { kind: 'bond', mode: '802.3ad', members: [a, b] } as const;

function shape(links: readonly Link[]): readonly string[] {
  return devices(links).map((device) => {
    const carried =
      device.kind === 'vlan' ? ` ${device.id} on ${device.parent}` : device.kind === 'bond' ? ` of ${device.members.join(' ')}` : '';
    const bound = device.kind === 'nic' && device.bond !== null ? ` in ${device.bond}` : '';
    return `${device.name} ${device.kind}${carried}${bound} ${device.mtu}`;
  });
}

describe('the devices of links', () => {
  test('are the NIC itself for an untagged link', () => expect(shape([link('front')])).toEqual(['front nic 1500']));

  test('have derived names below a bond with a VLAN', () => {
    expect(shape([link('front', { carrier: bond, vlan: 120 })])).toEqual([
      'front vlan 120 on front-bond 1500',
      'front-bond bond of front-p0 front-p1 1500',
      'front-p0 nic in front-bond 1500',
      'front-p1 nic in front-bond 1500',
    ]);
  });

  test('are shared by links on one carrier, whichever of them is untagged', () => {
    const links = [
      link('back', { carrier: bond, vlan: 7 }),
      link('front', { carrier: bond }),
      link('x', { carrier: { kind: 'link', link: 'front' }, vlan: 9 }),
    ];
    expect(shape(links)).toEqual([
      'back vlan 7 on front 1500',
      'back-p0 nic in front 1500',
      'back-p1 nic in front 1500',
      'front bond of back-p0 back-p1 1500',
      'x vlan 9 on front 1500',
    ]);
    expect(shape([link('one', { carrier: a, vlan: 1 }), link('two', { carrier: a, vlan: 2 })])).toEqual([
      'one vlan 1 on one-nic 1500',
      'one-nic nic 1500',
      'two vlan 2 on one-nic 1500',
    ]);
  });

  test('take no name that a link has, and none over 15 characters', () => {
    const links = [
      link('fifteen-letters', { carrier: bond, vlan: 120 }),
      link('fifteen-le-bond', { carrier: { kind: 'mac', mac: '52:54:00:00:00:0c' } }),
    ];
    expect(shape(links)).toEqual([
      'fifteen--bond-1 bond of fifteen-lett-p0 fifteen-lett-p1 1500',
      'fifteen-le-bond nic 1500',
      'fifteen-lett-p0 nic in fifteen--bond-1 1500',
      'fifteen-lett-p1 nic in fifteen--bond-1 1500',
      'fifteen-letters vlan 120 on fifteen--bond-1 1500',
    ]);
  });

  test('carry at least the packets of what stands upon them', () => {
    expect(shape([link('front', { carrier: bond, vlan: 120, mtu: 9000 })]).every((line) => line.endsWith(' 9000'))).toBe(true);
    expect(shape([link('front', { carrier: a, vlan: 120, mtu: 1400 })])).toEqual([
      'front vlan 120 on front-nic 1400',
      'front-nic nic 1500',
    ]);
  });

  test('have unique names, whatever the links are called, and do not depend on the order of the document', () => {
    const name = fc.stringMatching(/^[a-z][a-z0-9-]{0,14}$/);
    const anyLinks = fc.uniqueArray(fc.tuple(name, fc.constantFrom(...['nic', 'bond', 'vlan', 'bond-vlan'])), {
      selector: ([n]) => n,
      maxLength: 12,
    });
    fc.assert(
      fc.property(anyLinks, (named) => {
        const links = named.map(([n, kind], index) => {
          const port = (number: number) => ({ kind: 'mac', mac: `52:54:00:00:${index.toString(16).padStart(2, '0')}:0${number}` }) as const;
          const carrier = kind.startsWith('bond')
            ? ({ kind: 'bond', mode: 'active-backup', members: [port(1), port(2)] } as const)
            : port(1);
          return link(n, { carrier, vlan: kind.endsWith('vlan') ? 5 : null });
        });
        const made = devices(links);
        expect(new Set(made.map((device) => device.name)).size).toBe(made.length);
        expect(made.every((device) => device.name.length <= 15)).toBe(true);
        expect(links.every((one) => made.some((device) => device.link === one && device.name === one.name))).toBe(true);
        expect(devices([...links].reverse())).toEqual(made);
      }),
    );
  });
});
