import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import * as contents from './contents.ts';
import { converse } from './converse.ts';
import { during } from './during.ts';
import { feed } from './feed.ts';
import * as files from './files.ts';
import { flock } from './flock.ts';
import { follow } from './follow.ts';
import type { Host } from './host.ts';
import { withKeys } from './key.ts';
import { listen } from './listen.ts';
import { run } from './program.ts';
import { ask } from './socket.ts';
import { watch } from './watch.ts';

/**
 * The real machine. `root` is put in front of every path (for tests on a copy of a file system): programs still run on the machine itself.
 */
export function linuxHost(root = ''): Host {
  const below = (path: string) => `${root}${path}`;
  return {
    ...withKeys({
      read: (path) => contents.read(below(path)),
      write: (path, held) => files.write(below(path), held),
      list: (folder) => contents.list(below(folder)),
      run,
    }),
    readBytes: (path, limit) => contents.readBytes(below(path), limit),
    writeBelow: files.writeBelow,
    digest: (path) => contents.digest(below(path)),
    list: (folder) => contents.list(below(folder)),
    putFolder: (folder, held, links = new Map()) =>
      files.putFolder(below(folder), held, new Map([...links].map(([name, path]) => [name, below(path)]))),
    move: (from, to) => files.move(below(from), below(to)),
    remove: (path) => files.remove(below(path)),
    watch: (folders, changed) => watch(folders.map(below), changed),
    run,
    feed: (paths, program, args, options) => feed(paths.map(below), program, args, options),
    during,
    follow,
    converse: (socket, talk) => converse(below(socket), talk),
    withFolder: (parent, use) => files.withFolder(parent === null ? null : below(parent), use),
    ask: (socket, command, timeoutMs) => ask(below(socket), command, timeoutMs),
    lock: (path, holder, waitMs) => flock(below(path), holder, waitMs),
    listen: (socket, access, handler) => listen(below(socket), access, handler),
    now: () => Date.now(),
    // An aborted sleep rejects: for us both ways of ending it are an end.
    sleep: (ms, signal) => sleep(ms, undefined, signal ? { signal } : {}).catch(() => {}),
    tidy: () => collect(),
    id: () => randomBytes(6).toString('hex'),
  };
}

/** V8 collects when its heap grows, and a waiting process's does not: without this the largest apply would be kept for ever. */
function collect(): void {
  setFlagsFromString('--expose-gc');
  const gc = runInNewContext('gc') as () => void;
  // Compiled code goes when several collections in a row found it unused (measured: 2.4 MB more than after one).
  for (let turn = 0; turn < 8; turn++) gc();
}
