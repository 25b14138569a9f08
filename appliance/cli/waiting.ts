import type { Io } from './io.ts';

/**
 * Shows a person at a terminal, once a second has passed, that something is still waited for and how long: `what: 3 s`, on a line that overwrites itself.
 * Call what it returns when there is something to show; the line is gone then.
 */
export function waiting({ isTerminal, stderr }: Pick<Io, 'isTerminal' | 'stderr'>, what: string): () => void {
  if (!isTerminal) return () => undefined;
  let seconds = 0;
  const tick = setInterval(() => {
    seconds += 1;
    stderr(`\r${what}: ${seconds} s\x1b[K`);
  }, 1000);
  tick.unref();
  return () => {
    clearInterval(tick);
    if (seconds > 0) stderr('\r\x1b[K');
    seconds = 0;
  };
}
