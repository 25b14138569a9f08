import type { Held, Path } from '../state/host-state.ts';
import type { Host } from './host.ts';
import { coalescingKeys, ethtoolWrite, fieldsOf, flagOf, readField } from './key/ethtool-field.ts';
import { type Interface, interfacesByBus } from './key/interface.ts';
import { irqKeys, readIrq, writeIrq } from './key/irq-affinity.ts';
import { queueKeys, readQueue, writeQueue } from './key/queue-file.ts';
import { refused } from './key/refused.ts';
import { readService, writeService } from './key/service.ts';
import { askFlag } from './probe/ethtool.ts';
import { findIrqs } from './probe/irq.ts';

/** What keys need of the host that they are on. */
export type KeyHost = Pick<Host, 'read' | 'write' | 'list' | 'run'>;

/** A key in its parts: `irq:0000:3b:00.0/3` is the kind `irq`, the bus address `0000:3b:00.0` and the rest `3`. */
interface Key {
  readonly kind: 'irq' | 'queue' | 'ethtool' | 'service';
  readonly bus: string;
  readonly rest: string;
}

/** The parts of a key (tuning/knob-path.ts); null: it is a path of a file. */
export function parseKey(path: Path): Key | null {
  const [, kind, bus, rest] = /^(irq|queue|ethtool|service):([^/]+)(?:\/(.*))?$/.exec(path) ?? [];
  return kind === undefined || bus === undefined ? null : { kind: kind as Key['kind'], bus, rest: rest ?? '' };
}

/**
 * A host's `read` and `write` that take keys as well, and what they need beside: kernel values whose own paths change are found anew each time. A key whose NIC,
 * queue, interrupt or field is not there holds nothing.
 */
export function withKeys(files: KeyHost): Pick<Host, 'read' | 'write' | 'readKeys' | 'keysOf'> {
  const readKeys: Host['readKeys'] = async (paths) => {
    const keys = paths.map((path) => ({ path, key: parseKey(path) }));
    const byBus = keys.some(({ key }) => key !== null && key.kind !== 'service')
      ? await interfacesByBus(files)
      : new Map<string, Interface>();
    const asked = await askAll(files, byBus, keys);
    const values = keys.map(async ({ path, key }): Promise<[Path, string | null]> => {
      if (key === null) return [path, null];
      return [path, await asked(key).catch(() => null)];
    });
    return new Map(await Promise.all(values));
  };
  return {
    readKeys,
    read: async (path) => {
      if (parseKey(path) === null) return files.read(path);
      const value = (await readKeys([path])).get(path) ?? null;
      return value === null ? null : heldValue(value);
    },
    write: async (path, held) => {
      const key = parseKey(path);
      if (key === null) return files.write(path, held);
      if (held === null || typeof held.content !== 'string') throw new Error(`${path} is a kernel value: it can be set, not removed`);
      return writeKey(files, key, held.content);
    },
    keysOf: async (bus) => {
      const [iface, irqs] = await nicOf(files, bus);
      if (iface === undefined) return [];
      const texts = await Promise.all(['l', 'g', 'c', 'k', 'x'].map((flag) => askFlag(files, flag, iface.name)));
      return [...irqKeys(bus, irqs), ...(await queueKeys(files, bus, iface)), ...fieldsOf(bus, texts)];
    },
  };
}

function heldValue(content: string): Held {
  return { content, mode: 0o644, owner: 'root:root' };
}

async function nicOf(files: KeyHost, bus: string) {
  const iface = (await interfacesByBus(files)).get(bus);
  return [iface, iface === undefined ? [] : ((await findIrqs(files, [iface])).get(iface.name) ?? [])] as const;
}

type Wanted = readonly { readonly path: Path; readonly key: Key | null }[];

/** Asks the kernel once for what several keys need of it, and gives who reads one of them from the answers. */
async function askAll(
  files: KeyHost,
  byBus: ReadonlyMap<string, Interface>,
  wanted: Wanted,
): Promise<(key: Key) => Promise<string | null>> {
  const keys = wanted.flatMap(({ key }) => (key === null ? [] : [key]));
  const withIrqs = [...new Set(keys.filter(({ kind }) => kind === 'irq').map(({ bus }) => byBus.get(bus)))].filter(
    (iface) => iface !== undefined,
  );
  const irqs = withIrqs.length === 0 ? new Map() : await findIrqs(files, withIrqs);
  const texts = new Map<string, Promise<string | null>>();
  const text = (flag: string, name: string): Promise<string | null> => {
    const question = `${flag} ${name}`;
    const asked = texts.get(question) ?? askFlag(files, flag, name);
    texts.set(question, asked);
    return asked;
  };
  return async ({ kind, bus, rest }) => {
    if (kind === 'service') return readService(files, bus);
    const iface = byBus.get(bus);
    if (iface === undefined) return null;
    if (kind === 'irq') return readIrq(irqs.get(iface.name) ?? [], rest);
    if (kind === 'queue') return readQueue(files, iface, rest);
    return readField(files, iface, rest, async (flag) => text(flag, iface.name));
  };
}

async function writeKey(files: KeyHost, { kind, bus, rest }: Key, value: string): Promise<void> {
  if (kind === 'service') return writeService(files, bus, value);
  const [iface, irqs] = await nicOf(files, bus);
  if (iface === undefined) throw refused('ENODEV', `no network interface is at ${bus} now`);
  if (kind === 'irq') return writeIrq(files, irqs, rest, value);
  if (kind === 'queue') return writeQueue(files, iface, rest, value);
  const current = flagOf(rest) === 'c' ? coalescingKeys(await askFlag(files, 'c', iface.name)) : {};
  return ethtoolWrite(files, iface, rest, value, current);
}
