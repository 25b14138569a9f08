import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const undoings: (() => void)[] = [];

function end(): void {
  for (const undo of undoings.splice(0).reverse()) {
    try {
      undo();
    } catch {
      // it has gone by itself
    }
  }
}

process.on('exit', end);
// a signal ends a process without 'exit', and so does losing the one that runs the tests
for (const event of ['SIGINT', 'SIGTERM', 'SIGHUP', 'disconnect']) {
  process.on(event, () => {
    end();
    process.kill(process.pid, 'SIGKILL');
  });
}

/** Does this when the process ends, however but by SIGKILL, the last one first: at once, without promises. There may be nothing left to undo by then. */
export function atEnd(undo: () => void): void {
  undoings.push(undo);
}

/** Kills a program when the process ends; what it answers says that the program has ended by itself. */
export function killAtEnd(pid: number): () => void {
  let alive = true;
  atEnd(() => alive && process.kill(pid, 'SIGKILL'));
  return () => {
    alive = false;
  };
}

/** Makes a folder for this process's own files, which ends with it. */
export function temporaryFolder(name: string): string {
  const folder = mkdtempSync(join(tmpdir(), `weir-${name}-`));
  // what was killed a moment ago may still write
  atEnd(() => rmSync(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 20 }));
  return folder;
}
