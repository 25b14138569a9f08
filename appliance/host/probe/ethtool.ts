import type { Channels, Feature, Nic, Rings } from '../../../tuning/hardware.ts';
import type { ProbeHost } from './reading.ts';

/** What ethtool(8) tells of a NIC that no file does. */
export type EthtoolFacts = Pick<Nic, 'channels' | 'rings' | 'coalescing' | 'features' | 'rss'>;

/** Flags that ethtool prints as JSON where it is new enough (6.14 does not for -l and -i). */
const jsonFlags = new Set(['g', 'c', 'k', 'x']);

/** Everything that ethtool shows of a NIC, each null where its driver does not tell, or ethtool is not there. */
export async function askEthtool(host: ProbeHost, name: string): Promise<EthtoolFacts> {
  const [channels, rings, coalescing, features, rss] = await Promise.all(
    ['l', 'g', 'c', 'k', 'x'].map((flag) => askFlag(host, flag, name)),
  );
  return {
    channels: readChannels(channels ?? ''),
    rings: readRings(rings ?? ''),
    coalescing: readCoalescing(coalescing ?? ''),
    features: readFeatures(features ?? ''),
    rss: readRss(rss ?? ''),
  };
}

/** What `ethtool -i` says of the driver and of where its device is: for NICs of which sysfs tells neither. */
export async function askDriver(host: ProbeHost, name: string): Promise<{ readonly driver: string | null; readonly bus: string | null }> {
  return readDriver((await askFlag(host, 'i', name)) ?? '');
}

/** The answer of `ethtool -<flag>`, JSON where there is one; null where there is none. The text form is asked for only where JSON is not to be had. */
export async function askFlag(host: ProbeHost, flag: string, name: string): Promise<string | null> {
  if (jsonFlags.has(flag)) {
    const { exitCode, stdout, stderr } = await host.run('ethtool', ['--json', `-${flag}`, name]);
    if (exitCode === 0 && stdout.trimStart().startsWith('[')) return stdout;
    // the driver, not the form, is what is missing
    if (exitCode === null || /not supported|no such device/i.test(`${stderr}${stdout}`)) return null;
  }
  const { exitCode, stdout } = await host.run('ethtool', [`-${flag}`, name]);
  return exitCode === 0 ? stdout : null;
}

/** `ethtool -l`: what may be, and what is. Null where no kind of channel has a maximum: then the driver has none to set. */
export function readChannels(text: string): Nic['channels'] {
  const read = ({ rx, tx, other, combined }: Readonly<Record<string, number>>): Channels => ({
    rx: rx ?? null,
    tx: tx ?? null,
    other: other ?? null,
    combined: combined ?? null,
  });
  const { max, current } = readSections(text, ['rx', 'tx', 'other', 'combined']);
  if (Object.keys(max).length === 0) return null;
  // A kind whose maximum is 0 is none, whatever an old ethtool prints.
  const isThere = ([kind]: [string, number]) => (max[kind] ?? 0) > 0;
  const pick = (section: Readonly<Record<string, number>>) => read(Object.fromEntries(Object.entries(section).filter(isThere)));
  return Object.values(max).every((count) => count === 0) ? null : { max: pick(max), current: pick(current) };
}

/** `ethtool -g`, in its own form or as JSON; null where a driver has no rings to set. */
export function readRings(text: string): Nic['rings'] {
  const json = readJson(text);
  const number = (value: unknown) => (typeof value === 'number' && Number.isSafeInteger(value) && value > 0 ? value : null);
  if (json !== null) {
    const max: Rings = { rx: number(json['rx-max']), tx: number(json['tx-max']) };
    return max.rx === null && max.tx === null ? null : { max, current: { rx: number(json.rx), tx: number(json.tx) } };
  }
  const sections = readSections(text, ['rx', 'tx']);
  const [max, current] = [sections.max, sections.current].map(({ rx, tx }): Rings => ({ rx: number(rx), tx: number(tx) })) as [
    Rings,
    Rings,
  ];
  return max.rx === null && max.tx === null ? null : { max, current };
}

/** The two parts of `-l` and `-g`, by lower-case names; `n/a` is left out. Indentation, tabs and spaces may have been lost on the way. */
function readSections(text: string, names: readonly string[]): Readonly<Record<'max' | 'current', Readonly<Record<string, number>>>> {
  const sections: Record<'max' | 'current', Record<string, number>> = { max: {}, current: {} };
  let into: Record<string, number> | null = null;
  for (const line of text.split('\n')) {
    if (/^\s*Pre-set maximums:/.test(line)) into = sections.max;
    else if (/^\s*Current hardware settings:/.test(line)) into = sections.current;
    const [, name, value] = /^\s*([A-Za-z]+):\s*(\d{1,9})\s*$/.exec(line) ?? [];
    const key = name?.toLowerCase();
    if (into !== null && key !== undefined && names.includes(key)) into[key] = Number(value);
  }
  return sections;
}

/** `ethtool -c` by its own names, what the driver supports alone: `{"adaptive-rx": true, "rx-usecs": 25}`; null where it tells of none. */
export function readCoalescing(text: string): Nic['coalescing'] {
  const json = readJson(text);
  const found: Record<string, number | boolean> = {};
  if (json !== null) {
    for (const [key, value] of Object.entries(json)) {
      // the first version with JSON had `rx-usecs: ` for a key
      const name = key.replace(/[:\s]+$/, '');
      if (isFieldName(name) && name !== 'ifname' && (typeof value === 'boolean' || isCount(value))) found[name] = value as number | boolean;
    }
  } else {
    for (const line of text.split('\n')) {
      // one build prints `offA`
      const [, rx, tx] = /^\s*Adaptive RX:\s*(\S+)\s+TX:\s*(\S+)\s*$/.exec(line) ?? [];
      for (const [name, word] of [
        ['adaptive-rx', rx],
        ['adaptive-tx', tx],
      ] as const) {
        const said = /^(on|off)/.exec(word ?? '')?.[1];
        if (said !== undefined) found[name] = said === 'on';
      }
      const [, name, value] = /^\s*([a-z][a-z-]*):\s*(\d{1,12})\s*$/.exec(line) ?? [];
      if (name !== undefined && isFieldName(name)) found[name] = Number(value);
    }
  }
  return Object.keys(found).length === 0 ? null : found;
}

/** `ethtool -k` by its own names. What a group (`tx-checksumming`) stands for can be changed as long as one of its features can. */
export function readFeatures(text: string): Nic['features'] {
  const json = readJson(text);
  const features: Record<string, Feature> = {};
  if (json !== null) {
    for (const [name, value] of Object.entries(json)) {
      const { active, fixed } = (typeof value === 'object' && value !== null ? value : {}) as { active?: unknown; fixed?: unknown };
      if (isFieldName(name) && typeof active === 'boolean') features[name] = { isOn: active, isFixed: fixed === true };
    }
  } else {
    for (const line of text.split('\n')) {
      // VyOS prints it without the colon
      const [, name, state, fixed] = /^\s*([a-z][a-z\d_-]*)(?::|\s)\s*(on|off)(?:\s+\[(fixed)?[^\]]*\])?\s*$/.exec(line) ?? [];
      if (name !== undefined && isFieldName(name)) features[name] = { isOn: state === 'on', isFixed: fixed !== undefined };
    }
  }
  return Object.keys(features).length === 0 ? null : features;
}

/** Whether a text names a feature or a part of coalescing; longer ones are none, and no part of a machine's description. */
function isFieldName(name: string): boolean {
  return /^[a-z][a-z\d_-]{0,59}$/.test(name);
}

/** `ethtool -x`: the queue of each slot of the table that spreads packets; null where there is no such table. */
export function readRss(text: string): Nic['rss'] {
  const json = readJson(text);
  const table: number[] = [];
  if (json !== null) {
    const said = json['rss-indirection-table'];
    if (Array.isArray(said)) table.push(...said.filter(isCount));
  } else {
    for (const line of text.split('\n')) {
      const [, slot, queues] = /^\s*(\d+):((?:\s+\d+)+)\s*$/.exec(line) ?? [];
      // a line that is missing would shift all that come after it
      if (slot !== undefined && Number(slot) === table.length) table.push(...(queues ?? '').trim().split(/\s+/).map(Number));
    }
  }
  return table.length === 0 ? null : table;
}

/** `ethtool -i`. What is no PCI address may be one of another bus (`vif-0`, a VMBus id). */
export function readDriver(text: string): { readonly driver: string | null; readonly bus: string | null } {
  const value = (key: string) => new RegExp(`^\\s*${key}:[ \\t]*(\\S.*?)\\s*$`, 'm').exec(text)?.[1] ?? null;
  return { driver: value('driver'), bus: value('bus-info') };
}

/** The first object of ethtool's JSON; null for anything else, text above all. */
function readJson(text: string): Readonly<Record<string, unknown>> | null {
  const start = text.search(/^\s*\[/m);
  if (start === -1) return null;
  try {
    const [first] = JSON.parse(text.slice(start)) as readonly unknown[];
    return typeof first === 'object' && first !== null ? (first as Readonly<Record<string, unknown>>) : null;
  } catch {
    return null;
  }
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}
