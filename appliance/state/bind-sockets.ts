import { type HostState, type Path, plain } from './host-state.ts';

/** Whether a path is that of a bind's UNIX socket: a link to where HAProxy makes the socket itself. */
export function isSocketPath(path: Path): boolean {
  return /^\/run\/[^/]+\.sock$/.test(path);
}

/** The paths of binds that hold something else than a link of ours, in words: nothing of somebody else's is ever replaced. */
export function takenSockets(target: HostState, observed: HostState): readonly string[] {
  return [...target].flatMap(([path, wanted]) => {
    const there = observed.get(path) ?? null;
    if (!isSocketPath(path) || wanted === null || there === null) return [];
    if (there.mode === wanted.mode && plain(there.content).startsWith('/run/weir/')) return [];
    return [`${path} is there already, and is not weir's: remove it, or give the bind another path`];
  });
}
