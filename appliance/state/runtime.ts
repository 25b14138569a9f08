import type { AdminState } from '../../proxy/haproxy/server-state.ts';

/** Who changed something of a running machine, and when (ISO 8601 in UTC). */
interface Changed {
  readonly by: string;
  readonly since: string;
}

/** What a server is otherwise than its document says, until it is forgotten. */
export type ServerChange = Changed & {
  readonly kind: 'server';
  readonly backend: string;
  readonly server: string;
} & (
    | { readonly what: 'state'; readonly value: AdminState; readonly document: AdminState }
    | { readonly what: 'weight'; readonly value: number; readonly document: number }
    /** `10.20.0.11:8080` or `[2001:db8::1]:8080`, as haproxy.cfg has it. */
    | { readonly what: 'address'; readonly value: string; readonly document: string }
  );

/** A key of a map that has another value than its file says; `value` null: the key is not there. */
export interface MapChange extends Changed {
  readonly kind: 'map';
  readonly map: string;
  /** Where HAProxy reads it: `/run/weir/maps/blocked.map`. */
  readonly path: string;
  readonly key: string;
  readonly value: string | null;
}

/** What of a running machine is otherwise than its document says. It lives beside the document: an apply keeps it, a reboot ends it. */
export type RuntimeChange = ServerChange | MapChange;

/** The text of `/run/weir/runtime.json`. */
export function runtimeText(changes: readonly RuntimeChange[]): string {
  return `${JSON.stringify({ version: 1, changes }, null, 1)}\n`;
}

/** The changes in the text of `/run/weir/runtime.json`; of a broken one none. */
export function runtimeIn(text: string): readonly RuntimeChange[] {
  try {
    const read = JSON.parse(text) as { readonly version?: number; readonly changes?: readonly RuntimeChange[] };
    return read.version === 1 && Array.isArray(read.changes) ? read.changes : [];
  } catch {
    return [];
  }
}

/** Whether two changes are of the same thing, so that the later takes the place of the earlier. */
function isSameThing(a: RuntimeChange, b: RuntimeChange): boolean {
  if (a.kind === 'server') return b.kind === 'server' && a.backend === b.backend && a.server === b.server && a.what === b.what;
  return b.kind === 'map' && a.path === b.path && a.key === b.key;
}

/** Adds a change; what is as the document says again is no change any more. The place in the list of an earlier one of the same thing is lost. */
export function withChange(changes: readonly RuntimeChange[], change: RuntimeChange): readonly RuntimeChange[] {
  const earlier = changes.find((one) => isSameThing(one, change));
  const others = changes.filter((one) => one !== earlier);
  if (change.kind === 'map') return [...others, change];
  // What the document says was read when it was not changed yet.
  const document = earlier?.kind === 'server' ? earlier.document : change.document;
  return change.value === document ? others : [...others, { ...change, document } as ServerChange];
}

/** The changes without this one, and without what another has made of the same thing since. */
export function withoutChange(changes: readonly RuntimeChange[], change: RuntimeChange): readonly RuntimeChange[] {
  return changes.filter((one) => !isSameThing(one, change));
}

/** What a change is of: `shop/app1`, or `blocked 192.0.2.66`. */
export function nameOf(change: RuntimeChange): string {
  return change.kind === 'server' ? `${change.backend}/${change.server}` : `${change.map} ${change.key}`;
}

/** How a person names what a change is of: `shop/app1`, or the map `blocked`. */
export function wordOf(change: RuntimeChange): string {
  return change.kind === 'server' ? nameOf(change) : change.map;
}

/** Whether a person who names this means the change: a server, a map, or a map and a key. */
export function isMeant(change: RuntimeChange, what: string): boolean {
  return wordOf(change) === what || nameOf(change) === what;
}
