import { execFileSync } from 'node:child_process';
import { statSync } from 'node:fs';
import type { Figure } from './figure.ts';
import { needs } from './needs.ts';

const megabytes = (bytes: number) => `${(bytes / 1e6).toFixed(0)} MB`;

/** The image's size, what it consists of, and the packages that take most of it. */
export async function benchImage(): Promise<readonly Figure[]> {
  needs('build/weir.qcow2', 'build/slot', 'build/root');
  const size = (what: string, path: string, wanted = ''): Figure => ({ what, figure: megabytes(statSync(path).size), wanted });
  const status = ['dpkg-query', '--admindir=build/root/var/lib/dpkg', '-W', '-f', '${Installed-Size}\\t${Package}\\n'] as const;
  const packages = execFileSync(status[0], status.slice(1), { encoding: 'utf8' })
    .trim()
    .split('\n')
    .map((line) => line.split('\t'))
    .map(([kilobytes, name]) => ({ name: `${name}`, bytes: Number(kilobytes) * 1024 }))
    .toSorted((a, b) => b.bytes - a.bytes);
  return [
    size('build/weir.qcow2', 'build/weir.qcow2', '450 MB'),
    size('  root, compressed', 'build/slot/root.squashfs', '1074 MB, the slot'),
    size('  kernel', 'build/slot/vmlinuz'),
    size('  initrd', 'build/slot/initrd.img'),
    {
      what: `${packages.length} packages, as Debian states them, unpacked`,
      figure: megabytes(packages.reduce((sum, { bytes }) => sum + bytes, 0)),
      wanted: '',
    },
    ...packages.slice(0, 10).map(({ name, bytes }) => ({ what: `  ${name}`, figure: megabytes(bytes), wanted: '' })),
  ];
}
