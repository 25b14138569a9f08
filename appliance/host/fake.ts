import { createHash } from 'node:crypto';
import type { Held, Path } from '../state/host-state.ts';
import { answerOf, type Program, programs } from './fake-programs.ts';
import type { Answer, Handler, Host, Lock } from './host.ts';

/** A machine in memory: what would outlive the agent's process. */
export interface World {
  readonly files: Map<Path, Held>;
  /** What each service runs: the files of its own as they were when it was activated last. */
  readonly running: Map<string, ReadonlyMap<Path, Held>>;
  /** Transient systemd timers by unit, and what they would run. */
  readonly timers: Map<string, string>;
  /** Everything that was done, a line each; contents appear as their size only. */
  readonly transcript: string[];
  readonly sockets: Map<Path, Handler>;
  lockHolder: string | null;
  nowMs: number;
}

/** One thing that a host is asked to do, numbered from 0. */
export interface Operation {
  readonly number: number;
  readonly verb: string;
  readonly what: string;
}

/** What goes wrong with an operation: an errno for files (programs exit with 1, sockets are silent), or the process is killed instead of doing it. */
export type Fault = 'ENOSPC' | 'EIO' | 'EROFS' | 'killed';

/** How a fake host differs from a healthy one. */
export interface FakeOptions {
  readonly fault?: (operation: Operation) => Fault | null;
  /** Answers of programs, by name, before those that the fake has itself; null leaves it to them. */
  readonly programs?: Readonly<Record<string, Program>>;
  /** The service that takes a path up; null: none. */
  readonly serviceOf: (path: Path) => string | null;
}

/** Thrown by every operation of a host whose process was killed: nothing can be done any more, as after kill -9. */
export const killed = Object.assign(new Error('killed'), { code: 'killed' });

/** An empty machine, or one that holds these files with all services running from them. */
export function world(files: ReadonlyMap<Path, Held> = new Map()): World {
  return {
    files: new Map(files),
    running: new Map(),
    timers: new Map(),
    transcript: [],
    sockets: new Map(),
    lockHolder: null,
    nowMs: Date.UTC(2026, 0, 1),
  };
}

/** A process's host on a machine in memory. Several may stand on one world, one after the other: what a kill leaves is what the next one finds. */
export function fakeHost(on: World, options: FakeOptions): Host {
  let count = 0;
  let isDead = false;
  let ids = 0;
  const begin = (verb: string, what: string): Fault | null => {
    if (isDead) throw killed;
    const fault = options.fault?.({ number: count, verb, what }) ?? null;
    count += 1;
    if (fault === 'killed') {
      isDead = true;
      on.lockHolder = null;
      on.transcript.push('(killed)');
      throw killed;
    }
    on.transcript.push(`${verb} ${what}${fault ? ` (${fault})` : ''}`);
    return fault;
  };
  const touch = (verb: string, what: string): void => {
    const fault = begin(verb, what);
    if (fault) throw Object.assign(new Error(`${fault}: ${verb} ${what}`), { code: fault, syscall: verb });
  };

  return {
    read: async (path) => {
      touch('read', path);
      const held = on.files.get(path);
      if (held === undefined) return null;
      return 'sha256' in Object(held.content) ? { ...held, content: new TextDecoder().decode(bytes(held)) } : held;
    },
    readKeys: async (keys) => {
      touch('read', keys.join(' '));
      return new Map(keys.map((key) => [key, keyValue(on, key)]));
    },
    keysOf: async (bus) => {
      touch('list', bus);
      return [...on.files.keys()].filter((path) => new RegExp(`^(irq|queue|ethtool):${bus}/`).test(path)).sort();
    },
    readBytes: async (path, limit) => {
      touch('read', path);
      const held = on.files.get(path);
      if (held === undefined) return null;
      const content = bytes(held);
      if (content.length > limit) throw Object.assign(new Error('it is too large'), { code: 'EFBIG', path });
      return content;
    },
    digest: async (path) => {
      touch('read', path);
      const held = on.files.get(path);
      if (held === undefined) return null;
      if (held.mode === 0o120777) return held;
      const content = bytes(held);
      return { ...held, content: { sha256: createHash('sha256').update(content).digest('hex'), size: content.length } };
    },
    write: async (path, held) => {
      touch('write', `${path} ${shown(held)}`);
      // The kernel makes its paths itself.
      if (/^(\/(proc|sys)\/|(irq|queue|ethtool|service):)/.test(path) && !on.files.has(path))
        throw Object.assign(new Error(`ENOENT: ${path}`), { code: 'ENOENT' });
      set(on, path, held);
    },
    writeBelow: async (folder, path, held) => {
      touch('write', `${folder}${path} ${shown(held)}`);
      set(on, `${folder}${path}`, held);
    },
    list: async (folder) => {
      touch('list', folder);
      const names = [...on.files.keys()]
        .filter((path) => path.startsWith(`${folder}/`))
        .map((path) => path.slice(folder.length + 1).split('/')[0] as string);
      return names.length === 0 ? null : [...new Set(names)].sort();
    },
    putFolder: async (folder, files, links = new Map()) => {
      touch('put', `${folder} (${files.size + links.size} files)`);
      for (const [name, held] of files) on.files.set(`${folder}/${name}`, held);
      for (const [name, path] of links) set(on, `${folder}/${name}`, on.files.get(path) ?? null);
    },
    move: async (from, to) => {
      touch('move', `${from} ${to}`);
      for (const [path, held] of [...on.files]) {
        if (path !== from && !path.startsWith(`${from}/`)) continue;
        on.files.delete(path);
        on.files.set(`${to}${path.slice(from.length)}`, held);
      }
    },
    remove: async (path) => {
      touch('remove', path);
      for (const each of [...on.files.keys()]) if (each === path || each.startsWith(`${path}/`)) on.files.delete(each);
    },
    watch: () => () => {},
    run: async (program, args, { input } = {}) => {
      const fault = begin('run', [program, ...args].join(' '));
      if (fault) return { exitCode: 1, stdout: '', stderr: `${program}: ${fault}`, timedOut: false };
      const call = { args, input: input ?? '', world: on, serviceOf: options.serviceOf };
      const result = options.programs?.[program]?.(call) ?? programs[program]?.(call) ?? {};
      return { exitCode: 0, stdout: '', stderr: '', timedOut: false, ...result };
    },
    feed: async (paths, program, args, { onOutput } = {}) => {
      touch('feed', `${paths.join(' ')} to ${[program, ...args].join(' ')}`);
      const missing = paths.find((path) => !on.files.has(path));
      if (missing !== undefined) throw Object.assign(new Error(`ENOENT: ${missing}`), { code: 'ENOENT', path: missing, syscall: 'open' });
      const input = paths.map((path) => new TextDecoder().decode(bytes(on.files.get(path) as Held))).join('');
      const call = { args, input, world: on, serviceOf: options.serviceOf };
      const { exitCode = 0, stdout = '', stderr = '' } = options.programs?.[program]?.(call) ?? programs[program]?.(call) ?? {};
      onOutput?.(stdout);
      return { exitCode, stdout: onOutput ? '' : stdout, stderr, unread: null, bytes: input.length, isPacked: false, ms: 1 };
    },
    during: async (program, args, use) => {
      touch('during', [program, ...args].join(' '));
      const call = { args, input: '', world: on, serviceOf: options.serviceOf };
      const { stdout = '', ...result } = options.programs?.[program]?.(call) ?? {};
      return await use({ said: () => stdout, ended: () => ({ exitCode: 0, stderr: '', timedOut: false, ...result, stdout }) });
    },
    follow: () => () => {},
    converse: async (socket) => {
      touch('converse', socket);
      return { kind: 'silence' };
    },
    withFolder: async (parent, use) => {
      const folder = `${parent ?? '/tmp'}/folder`;
      touch('make', folder);
      try {
        return await use(folder);
      } finally {
        for (const path of [...on.files.keys()]) if (path.startsWith(`${folder}/`)) on.files.delete(path);
      }
    },
    ask: async (socket, command): Promise<Answer> => {
      const fault = begin('ask', `${socket} ${command}`);
      return fault ? { kind: 'silence', reason: 'timeout' } : answerOf(on, socket, command);
    },
    lock: async (path, holder): Promise<Lock> => {
      touch('lock', path);
      if (on.lockHolder !== null) return { kind: 'busy', holder: on.lockHolder };
      on.lockHolder = holder;
      return {
        kind: 'held',
        release: async () => {
          touch('unlock', path);
          on.lockHolder = null;
        },
      };
    },
    listen: async (socket, _access, handler) => {
      touch('listen', socket);
      on.sockets.set(socket, handler);
      return async () => void on.sockets.delete(socket);
    },
    now: () => on.nowMs,
    sleep: async (ms, signal) => {
      touch('sleep', `${ms}`);
      if (signal?.aborted) return;
      on.nowMs += ms;
      // Others get their turn, as they do while time passes.
      await new Promise((resolve) => setImmediate(resolve));
    },
    tidy: () => {},
    id: () => `id${(ids++).toString().padStart(10, '0')}`,
  };
}

function keyValue(on: World, key: Path): string | null {
  const held = on.files.get(key);
  return held === undefined ? null : `${held.content}`;
}

function set(on: World, path: Path, held: Held | null): void {
  if (held) on.files.set(path, held);
  else on.files.delete(path);
}

function bytes({ content }: Held): Uint8Array {
  const held = typeof content === 'string' ? content : content.reveal?.();
  if (held === undefined) throw new Error('these bytes are not at hand');
  return typeof held === 'string' ? new TextEncoder().encode(held) : held;
}

function shown(held: Held | null): string {
  return held === null ? '(removed)' : `0${held.mode.toString(8)} ${held.owner} ${bytes(held).length} bytes`;
}
