import { expect } from 'vitest';
import { apply, type Change } from '../../appliance/apply/apply.ts';
import { confirmation } from '../../appliance/apply/confirm.ts';
import type { Document } from '../../appliance/apply/generations.ts';
import type { Outcome } from '../../appliance/apply/outcome.ts';
import { type FakeOptions, fakeHost, type World, world } from '../../appliance/host/fake.ts';
import type { Host } from '../../appliance/host/host.ts';
import { perFolder } from '../../appliance/state/folder.ts';
import { type Held, type HostState, plain, secretFile, textFile } from '../../appliance/state/host-state.ts';
import { isKernelPath } from '../../appliance/state/kernel-path.ts';
import { serviceOf } from '../../appliance/state/services.ts';
import { renderKeepalived } from '../../proxy/keepalived/render.ts';
import type { Knob } from '../../tuning/hardware.ts';
import { site } from '../proxy/site.ts';

export const privateKey = '-----BEGIN PRIVATE KEY-----the-key-itself-----END PRIVATE KEY-----';

/** A value of the kernel. */
export function value(content: string): Held {
  return { content, mode: 0o644, owner: 'root:root' };
}

/** A machine as it comes out of the image: some kernel values, and nothing of ours. */
export function freshWorld(): World {
  return world(
    new Map([
      ['/proc/sys/net/core/somaxconn', value('4096')],
      ['/proc/sys/vm/swappiness', value('60')],
    ]),
  );
}

export function hostOn(on: World, options: Omit<FakeOptions, 'serviceOf'> = {}): Host {
  return fakeHost(on, { ...options, serviceOf: (path) => (path.startsWith('/data/') || !isOurs(path) ? null : serviceOf(path)) });
}

function isOurs(path: string): boolean {
  try {
    return serviceOf(path) !== null;
  } catch {
    return false;
  }
}

/** What one document becomes: `mark` tells it apart, and is what HAProxy and the firewall answer with. */
export function stateOf(mark: string, extra: readonly (readonly [string, Held | null])[] = []): HostState {
  return new Map<string, Held | null>([
    ['/run/weir/nftables.conf', textFile(`table inet weir {\n  comment "weir ${mark}"\n}\n`)],
    ['/run/sysctl.d/90-weir.conf', textFile(`net.core.somaxconn = 6553${mark.charCodeAt(0) % 10}\n`)],
    ['/proc/sys/net/core/somaxconn', value(`6553${mark.charCodeAt(0) % 10}`)],
    ['/etc/hostname', textFile(`lb-${mark}\n`)],
    ['/etc/localtime', { content: `/usr/share/zoneinfo/${mark}`, mode: 0o120777, owner: 'root:root' }],
    ['/run/weir/certificates/shop.pem', secretFile(`${privateKey}${mark}\n`)],
    ['/run/weir/haproxy.cfg', { content: `global\n    description "weir ${mark}"\n`, mode: 0o600, owner: 'root:root' }],
    ...extra,
  ]);
}

/** A document of this state, with the files beside it that the state has. */
export function documentOf(state: HostState, config: string): Document {
  const beside = (kind: string) =>
    new Map(
      [...state].flatMap(([path, held]) =>
        held && path.startsWith(`/run/weir/${kind}/`) ? [[path.slice(`/run/weir/${kind}/`.length), bytesIn(held)] as const] : [],
      ),
    );
  const files = perFolder((folder) => (folder === 'secrets' ? new Map<string, Uint8Array>() : beside(folder)));
  const knobs = [...state].flatMap(([path, held]): Knob[] =>
    held && isKernelPath(path) ? [{ path, value: plain(held.content), rule: 'exactly', reason: 'r', source: 's' }] : [],
  );
  return { node: 'lb1', config, state, knobs, asked: null, files, origins: new Map() };
}

function bytesIn({ content }: Held): Uint8Array {
  return Buffer.from(typeof content === 'string' ? content : (content.reveal?.() ?? ''));
}

export const first = documentOf(
  stateOf('aaaaaaaaaaaa', [
    ['/run/weir/keepalived.conf', textFile(renderKeepalived([site], 'lb1'))],
    ['/proc/sys/vm/swappiness', value('1')],
  ]),
  'first',
);
export const second = documentOf(stateOf('bbbbbbbbbbbb', [['/run/weir/maps/blocked.map', textFile('192.0.2.1\n')]]), 'second');

export function changeTo(document: Document, more: Partial<Change> = {}): Change {
  return { document, author: { by: 'test', weir: '0.1.0' }, confirmSeconds: null, verdicts: [], draining: '# what drains\n', ...more };
}

export function applyTo(host: Host, change: Change, confirm = confirmation(null)): Promise<Outcome> {
  return apply(host, change, { report: () => {}, confirmation: confirm });
}

/** Has a machine run a document. */
export async function applied(on: World, document: Document): Promise<void> {
  expect(await applyTo(hostOn(on), changeTo(document))).toMatchObject({ kind: 'confirmed', changed: true });
}

/** A machine that runs the first document. */
export async function runningFirst(): Promise<World> {
  const on = freshWorld();
  await applied(on, first);
  return on;
}

/** An independent copy of a machine. */
export function copyOf(on: World): World {
  return { ...on, files: new Map(on.files), running: new Map(on.running), timers: new Map(on.timers), transcript: [], sockets: new Map() };
}

/** All of a machine that a person would compare: files and what services run. Blobs, the originals of this boot, what the next check removes and what
 * keepalived said of itself may outlive a change. */
export function pictureOf(on: World): Readonly<Record<string, string>> {
  const files = [...on.files]
    .filter(
      ([path]) =>
        !path.startsWith('/data/weir/blobs/') &&
        !['/run/weir/originals', '/run/weir/kept'].includes(path) &&
        !/^\/run\/(weir\/staged|keepalived)\//.test(path),
    )
    .map(([path, held]) => [path, show(held)] as const);
  const running = [...on.running].flatMap(([service, held]) =>
    [...held].map(([path, one]) => [`${service} runs ${path}`, show(one)] as const),
  );
  const timers = [...on.timers].map(([unit, program]) => [`timer ${unit}`, program] as const);
  return Object.fromEntries([...files, ...running, ...timers].sort(([a], [b]) => (a < b ? -1 : 1)));
}

function show({ content, mode, owner }: Held): string {
  return `0${mode.toString(8)} ${owner} ${plain(content)}`;
}
