import type { Path } from '../../state/host-state.ts';
import type { KeyHost } from '../key.ts';
import { readChannels, readCoalescing, readFeatures, readRings, readRss } from '../probe/ethtool.ts';
import type { Interface } from './interface.ts';
import { refused } from './refused.ts';

/** The flag of ethtool(8) that shows a field; its capital sets it. Null: no such field. */
export function flagOf(field: string): 'l' | 'g' | 'c' | 'k' | 'x' | 'n' | null {
  const kind = field.split('/')[0] ?? '';
  return ({ channels: 'l', ring: 'g', coalesce: 'c', feature: 'k', rss: 'x', hash: 'n' } as const)[kind] ?? null;
}

/** What a field holds: a number, `on` or `off`, `equal 4` for a table that goes round, letters of what is hashed; null where the driver has none. */
export async function readField(
  host: KeyHost,
  { name }: Interface,
  field: string,
  text: (flag: string) => Promise<string | null>,
): Promise<string | null> {
  const flag = flagOf(field);
  if (flag === null) return null;
  const word = field.slice(field.indexOf('/') + 1);
  if (flag === 'n') return readHash(host, name, word);
  const said = (await text(flag)) ?? '';
  switch (flag) {
    case 'l':
      return shown(readChannels(said)?.current[word as 'rx' | 'tx' | 'combined']);
    case 'g':
      return shown(readRings(said)?.current[word as 'rx' | 'tx']);
    case 'c':
      return shown(readCoalescing(said)?.[word]);
    case 'k':
      return shown(readFeatures(said)?.[word]?.isOn);
    case 'x':
      return tableWord(readRss(said));
  }
}

function shown(value: number | boolean | null | undefined): string | null {
  if (value === null || value === undefined) return null;
  return typeof value === 'boolean' ? (value ? 'on' : 'off') : `${value}`;
}

/** A table that goes round over the first queues is `equal <queues>` (`ethtool_rxfh_indir_default` in linux/ethtool.h); any other is `other`. */
function tableWord(table: readonly number[] | null): string | null {
  if (table === null) return null;
  const queues = Math.max(...table) + 1;
  return table.every((queue, slot) => queue === slot % queues) ? `equal ${queues}` : 'other';
}

/** The words of `ethtool -n IF rx-flow-hash`, by the letters that set them (ethtool(8)). */
const hashed: readonly (readonly [RegExp, string])[] = [
  [/^L2DA$/m, 'm'],
  [/^VLAN tag$/m, 'v'],
  [/^L3 proto$/m, 't'],
  [/^IP SA$/m, 's'],
  [/^IP DA$/m, 'd'],
  [/^L4 bytes 0 & 1/m, 'f'],
  [/^L4 bytes 2 & 3/m, 'n'],
];

async function readHash(host: KeyHost, name: string, flow: string): Promise<string | null> {
  if (!/^[a-z]+\d$/.test(flow)) return null;
  const { exitCode, stdout } = await host.run('ethtool', ['-n', name, 'rx-flow-hash', flow]);
  const letters = hashed.filter(([words]) => words.test(stdout)).map(([, letter]) => letter);
  return exitCode !== 0 || letters.length === 0 ? null : letters.join('');
}

/** What a NIC's coalescing holds, by name: some drivers want all of it said where one is changed. */
export function coalescingKeys(text: string | null): Readonly<Record<string, number | boolean>> {
  return readCoalescing(text ?? '') ?? {};
}

/** Sets a field. That nothing changed (exit code 80) is fine. @throws Error with an errno of what ethtool said. */
export async function ethtoolWrite(
  host: KeyHost,
  { name }: Interface,
  field: string,
  value: string,
  coalescing: Readonly<Record<string, number | boolean>>,
): Promise<void> {
  const word = field.slice(field.indexOf('/') + 1);
  const flag = flagOf(field);
  if (flag === null || !/^[\w -]*$/.test(value)) throw refused('EINVAL', `there is no field ${field} with the value ${value}`);
  if (flag === 'c' && coalescing[word] === undefined) throw refused('EOPNOTSUPP', `its driver has no ${word}`);
  const args = {
    l: ['-L', name, word, value],
    g: ['-G', name, word, value],
    c: ['-C', name, word, value],
    k: ['-K', name, word, value],
    // a table that nobody can say comes back as the driver makes it
    x: ['-X', name, ...(value === 'other' ? ['default'] : value.split(' '))],
    n: ['-N', name, 'rx-flow-hash', word, value],
  }[flag];
  const first = await host.run('ethtool', args);
  const stands = flag === 'l' && /indirection table/.test(`${first.stderr}${first.stdout}`);
  // a table that was set names queues that would go: the driver's own names those that are left (net/ethtool/channels.c)
  if (stands) await host.run('ethtool', ['-X', name, 'default']);
  const { exitCode, stdout, stderr } = stands ? await host.run('ethtool', args) : first;
  if (exitCode === 0 || exitCode === unchanged) return;
  // the driver's own reason comes in a line before the errno's words
  const said = `${stderr}\n${stdout}`
    .split(/\s*\n\s*/)
    .filter((line) => line !== '')
    .join('; ');
  throw refused(errnoOf(exitCode, said), `ethtool ${args.join(' ')}: ${said || `exit code ${exitCode}`}`);
}

/** Exit codes of ethtool's older half: nothing was to be changed, the driver does not tell what there is. */
const unchanged = 80;
const untold = 81;

/** strerror(3) in ethtool's messages, and what netlink adds. */
const words: readonly (readonly [RegExp, string])[] = [
  [/operation not supported|not supported by|bad command line/i, 'EOPNOTSUPP'],
  [/operation not permitted|permission denied/i, 'EPERM'],
  [/resource busy/i, 'EBUSY'],
  [/no such device/i, 'ENODEV'],
  [/no space left/i, 'ENOSPC'],
  [/input\/output error/i, 'EIO'],
  [/out of range|exceeds maximum/i, 'ERANGE'],
  [/cannot allocate memory/i, 'ENOMEM'],
];

function errnoOf(exitCode: number | null, said: string): string {
  if (exitCode === null || exitCode === untold) return 'EOPNOTSUPP';
  return words.find(([text]) => text.test(said))?.[1] ?? 'EINVAL';
}

/** The keys of what ethtool shows of a NIC and lets be set: answers to the flags l, g, c, k and x, in this order. */
export function fieldsOf(bus: string, [l, g, c, k, x]: readonly (string | null)[]): readonly Path[] {
  const key = (field: string) => `ethtool:${bus}/${field}`;
  const present = (record: object | undefined) => Object.entries(record ?? {}).flatMap(([name, value]) => (value === null ? [] : [name]));
  const { other: _, ...channels } = readChannels(l ?? '')?.current ?? {};
  const settable = Object.entries(readFeatures(k ?? '') ?? {}).filter(([name, { isFixed }]) => !isFixed && single.test(name));
  return [
    ...present(channels).map((name) => key(`channels/${name}`)),
    ...present(readRings(g ?? '')?.current).map((name) => key(`ring/${name}`)),
    ...Object.keys(readCoalescing(c ?? '') ?? {}).map((name) => key(`coalesce/${name}`)),
    ...settable.map(([name]) => key(`feature/${name}`)),
    ...(tableWord(readRss(x ?? '')) === null ? [] : [key('rss')]),
  ];
}

/** Features that are no groups of others (`tx-checksumming`, `tcp-segmentation-offload`, … stand for several). */
const single = /^(?!tx-checksumming$|scatter-gather$|tcp-segmentation-offload$|generic-segmentation-offload-all$)/;
