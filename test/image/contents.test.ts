import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { describe, expect, test } from 'vitest';
import { imageRoot } from '../support/root.ts';

const slot = join(import.meta.dirname, '../../build/slot/root.squashfs');

/** Names below a root, without those that only one of the two can have: what booting Debian once leaves, and what sealing takes away. */
function comparable(names: readonly string[]): readonly string[] {
  return (
    names
      .filter((name) => /^\/(etc|usr)\//.test(name))
      .filter(
        (name) =>
          !/^\/etc\/(\.updated|\.pwd\.lock|\.resolv\.conf\.systemd-resolved\.bak|machine-id|fstab|(passwd|group|shadow|gshadow)-)$/.test(
            name,
          ),
      )
      // links of System V init, which a booted systemd renames by what is enabled; nothing reads them
      .filter((name) => !/^\/etc\/rc\d\.d\//.test(name))
      // enabled by booting the build machine, masked in both
      .filter((name) => !name.startsWith('/etc/systemd/system/network-online.target.wants'))
      .toSorted()
  );
}

/** `package version`, sorted, of a dpkg status file. */
function packages(status: string): readonly string[] {
  return [...status.matchAll(/^Package: (.*)\n(?:.+\n)*?Version: (.*)$/gm)].map((found) => `${found[1]} ${found[2]}`).toSorted();
}

describe('the image and the container of the tests, made by the same scripts', () => {
  test('have the same packages', async () => {
    const { stdout } = await execa('unsquashfs', ['-cat', slot, 'var/lib/dpkg/status'], { maxBuffer: 2 ** 26 });
    const container = packages(await readFile(join(imageRoot, 'var/lib/dpkg/status'), 'utf8'));
    expect(container.length).toBeGreaterThan(100);
    expect(packages(stdout)).toEqual(container);
  });

  test('have the same files', async () => {
    const image = await execa('unsquashfs', ['-l', '-d', '', slot], { maxBuffer: 2 ** 26 });
    const container = await execa('find', ['.', '-xdev', '-mindepth', '1', '-printf', '/%P\\n'], { cwd: imageRoot, maxBuffer: 2 ** 26 });
    const names = comparable(container.stdout.split('\n'));
    expect(names.length).toBeGreaterThan(5_000);
    expect(comparable(image.stdout.split('\n'))).toEqual(names);
  });
});
