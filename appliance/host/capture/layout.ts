/** Files of a capture that have a name of their own, by the path that they are a copy of. */
const named: Readonly<Record<string, string>> = {
  '/proc/interrupts': 'interrupts',
  '/proc/meminfo': 'meminfo',
  '/proc/sys/kernel/osrelease': 'uname',
};

/** Where a capture holds what a path holds: `sys/…` and `proc/…` mirror the machine; what stands above a device is beside it. */
export function fileOfRead(path: string): string {
  return (
    named[path] ??
    path
      .slice(1)
      .replaceAll('/../', '.above/')
      .replace(/\/\.\.$/, '.above')
  );
}

/** Where it holds the names in a folder. */
export function fileOfList(path: string): string {
  return `${fileOfRead(path)}.list`;
}

/** Where it holds a symbolic link's target: its path is a folder's too. */
export function linkFile(file: string): string {
  return `${file}.link`;
}

/** Where it holds what a program said, whether as JSON or as text; null for what it does not hold. */
export function fileOfProgram(program: string, args: readonly string[]): string | null {
  const words = args.filter((word) => word !== '--json');
  if (program === 'ethtool' && words.length === 2) return `ethtool-${words[0]?.slice(1)}-${words[1]}`;
  const call = [program, ...args].join(' ');
  if (call === 'systemd-detect-virt') return 'virt';
  if (call === 'systemd-detect-virt --container --quiet') return 'container';
  if (call === 'ip -json -details link show') return 'ip-link';
  return call.startsWith('systemctl is-active') ? 'rivals' : null;
}
