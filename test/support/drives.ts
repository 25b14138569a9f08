import { join } from 'node:path';
import { execa } from 'execa';
import { type Staged, stage } from './staged.ts';

/** QEMU arguments that hang a guest's disk (`id=disk`) on a bus. */
export const controllers = {
  virtio: ['-device', 'virtio-blk-pci,drive=disk'],
  sata: ['-device', 'ide-hd,bus=ide.0,drive=disk'],
  nvme: ['-device', 'nvme,drive=disk,serial=weir'],
  scsi: ['-device', 'virtio-scsi-pci', '-device', 'scsi-hd,drive=disk'],
} as const;

const volumes = {
  virtio: ['-device', 'virtio-blk-pci,drive=volume'],
  usb: ['-device', 'qemu-xhci', '-device', 'usb-storage,drive=volume,removable=on'],
  'sata-cdrom': ['-device', 'ide-cd,bus=ide.1,drive=volume'],
  'scsi-cdrom': ['-device', 'virtio-scsi-pci,id=cdrom', '-device', 'scsi-cd,bus=cdrom.0,drive=volume'],
} as const;

/** A volume for the first boot. */
export interface Volume {
  /** What it holds: config.yaml, node, certificates/… or user-data. */
  readonly files: Staged;
  readonly label: 'WEIR' | 'cidata' | 'config-2';
  /** What it hangs on; CD-ROMs are ISO 9660 with Joliet and Rock Ridge, as cloud-init's seeds are made, the others FAT. */
  readonly on: keyof typeof volumes;
}

/** Makes a volume in a folder; QEMU's arguments that give it to a guest. */
export async function volumeArguments(work: string, { files, label, on }: Volume): Promise<readonly string[]> {
  const folder = join(work, 'volume.d');
  const volume = join(work, 'volume');
  await stage(folder, files);
  if (on.endsWith('cdrom')) {
    await execa('genisoimage', ['-quiet', '-output', volume, '-volid', label, '-joliet', '-rational-rock', folder]);
  } else {
    await execa('mkfs.vfat', ['-n', label, '-C', volume, '4096']);
    await execa({ shell: true, cwd: folder })`mcopy -s -i ${volume} * ::/`;
  }
  return ['-drive', `file=${volume},if=none,id=volume,format=raw,readonly=on`, ...volumes[on]];
}
