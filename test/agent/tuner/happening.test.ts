import { describe, expect, test } from 'vitest';
import { readLinkLine, readUdevLine } from '../../../appliance/agent/tuner/happening.ts';

describe('what udev says', () => {
  test.each([
    ['monitor will print the received events for:', null],
    ['KERNEL - the kernel uevent', null],
    ['', null],
    ['KERNEL[97.803245] bind     /devices/pci0000:00/0000:00:02.0/0000:01:00.0 (pci)', { kind: 'driver', device: '0000:01:00.0' }],
    ['KERNEL[97.80] add      /devices/pci0000:00/0000:00:03.0/virtio0/net/eth0 (net)', { kind: 'driver', device: '0000:00:03.0' }],
    ['KERNEL[97.80] add      /devices/pci0000:00/0000:00:03.0/virtio0/net/eth0/queues/rx-0 (queues)', null],
    ['KERNEL[1.2] add      /devices/pci0000:00/0000:00:03.0 (pci)', null],
    ['KERNEL[1.2] add      /devices/virtual/net/bond0 (net)', null],
    ['KERNEL[1.2] add      /devices/LNXSYSTM:00/VMBUS:00/net/eth1 (net)', { kind: 'driver', device: 'eth1' }],
    ['KERNEL[5203.1] offline  /devices/system/cpu/cpu3 (cpu)', { kind: 'cpu', cpu: 'cpu3' }],
    ['KERNEL[5203.1] offline  /devices/system/cpu/cpu3', null],
  ])('%s', (line, happening) => expect(readUdevLine(line)).toEqual(happening));
});

describe('what ip says', () => {
  test.each([
    [
      '2: eth0: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc mq state UP group default \\    link/ether 52:54',
      { kind: 'link', name: 'eth0' },
    ],
    ['7: front@if8: <BROADCAST,UP> mtu 1500', { kind: 'link', name: 'front' }],
    ['Deleted 2: eth0: <BROADCAST> mtu 1500', { kind: 'link', name: 'eth0' }],
    ['2: eth0: <UP> mtu 1500 AF_BRIDGE master br0 state forwarding', null],
    ['    link/ether 52:54:00:00:00:01', null],
  ])('%s', (line, happening) => expect(readLinkLine(line)).toEqual(happening));
});
