import type { Host } from '../../host/host.ts';
import { normalValue } from '../../state/kernel-path.ts';

/** Where sysctl.d(5) looks, the first of equal names winning. */
export const settingsFolders = ['/etc/sysctl.d', '/run/sysctl.d', '/usr/local/lib/sysctl.d', '/usr/lib/sysctl.d'] as const;

/** A line of a file of sysctl.d(5). */
export interface Setting {
  /** `/etc/sysctl.d/99-local.conf`. */
  readonly file: string;
  /** Below `/proc/sys`. */
  readonly path: string;
  readonly value: string;
}

/** The settings of a file of sysctl.d(5); lines that cannot be read, that only take a name out, and patterns (`net.ipv4.conf.*.rp_filter`) are left out. */
export function readSettings(file: string, text: string): readonly Setting[] {
  return text.split('\n').flatMap((line) => {
    const [, name, value] = /^\s*-?([A-Za-z][\w.,/-]*)\s*=\s*(.*)$/.exec(line) ?? [];
    if (name === undefined || value === undefined || /[#;]/.test(line.trimStart()[0] ?? '')) return [];
    return [{ file, path: `/proc/sys/${pathOf(name)}`, value: normalValue(value) }];
  });
}

/** The first separator says which the name is written with: in `net/ipv4/conf/eth0.1/rp_filter` a dot is a dot (sysctl.d(5)). */
function pathOf(name: string): string {
  if (/^[^.]*\//.test(name)) return name;
  return name.replaceAll(/[./]/g, (separator) => (separator === '.' ? '/' : '.'));
}

/** All settings that systemd-sysctl would set now, in its order: by the name of the file whatever its folder, the later ones winning. Files that cannot be read are none. */
export async function settings(host: Pick<Host, 'list' | 'read'>): Promise<readonly Setting[]> {
  const files = new Map<string, string>();
  for (const folder of settingsFolders)
    for (const name of (await host.list(folder).catch(() => null)) ?? [])
      if (name.endsWith('.conf') && !files.has(name)) files.set(name, `${folder}/${name}`);
  const all: Setting[] = [];
  for (const [, file] of [...files].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const held = await host.read(file).catch(() => null);
    // a link to /dev/null masks the file of that name
    if (held !== null && typeof held.content === 'string' && (held.mode & 0o170000) !== 0o120000)
      all.push(...readSettings(file, held.content));
  }
  return all;
}

/** Weir's own file of kernel values. */
export const ownSettings = '/run/sysctl.d/90-weir.conf';

/** For each of these paths the setting of another file that wins over weir's own at the next boot, where its value is another. */
export function overruling(all: readonly Setting[], wanted: ReadonlyMap<string, string>): readonly Setting[] {
  const last = new Map(all.map((setting) => [setting.path, setting]));
  return [...last.values()].filter(({ file, path, value }) => file !== ownSettings && wanted.has(path) && wanted.get(path) !== value);
}
