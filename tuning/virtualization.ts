import type { Hardware } from './hardware.ts';

type Machine = Pick<Hardware, 'virtualization'>;

/** Containers as systemd-detect-virt(1) names them: there the kernel's values outside `net` belong to the host, and so do NICs and interrupts. */
const containers = new Set([
  'openvz',
  'lxc',
  'lxc-libvirt',
  'systemd-nspawn',
  'docker',
  'podman',
  'rkt',
  'wsl',
  'proot',
  'pouch',
  'container-other',
]);

/** Whether another machine's kernel is used. */
export function isContainer({ virtualization }: Machine): boolean {
  return containers.has(virtualization);
}

/** Whether the machine's CPUs and NICs are a hypervisor's. One of which it is not known counts as one: there less is changed. */
export function isVirtualMachine({ virtualization }: Machine): boolean {
  return virtualization !== 'none' && !containers.has(virtualization);
}
