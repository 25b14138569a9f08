import { type FSWatcher, watch as watchFolder } from 'node:fs';

const pauseMs = 500;

/** See {@link Host.watch}. A folder that is not there is not watched: the slow poll sees what comes. */
export function watch(folders: readonly string[], changed: () => void): () => void {
  let timer: NodeJS.Timeout | null = null;
  const later = () => {
    timer ??= setTimeout(() => {
      timer = null;
      changed();
    }, pauseMs).unref();
  };
  const watchers = folders.flatMap((folder): FSWatcher[] => {
    try {
      const watcher = watchFolder(folder, { persistent: false }, later);
      watcher.on('error', () => watcher.close());
      return [watcher];
    } catch {
      return [];
    }
  });
  return () => {
    if (timer) clearTimeout(timer);
    for (const watcher of watchers) watcher.close();
  };
}
