import pino, { type Logger } from 'pino';

/** What the agent writes to its log. */
export type Log = Logger;

/** journald's priority of each pino level (sd-daemon(3)). */
const priorities: Readonly<Record<number, number>> = { 10: 7, 20: 7, 30: 6, 40: 4, 50: 3, 60: 2 };

/** A log of JSON lines, each behind its `<priority>`, which journald takes off. The time is journald's. */
export function createLog(write: (text: string) => void): Log {
  return pino(
    { base: null, timestamp: false },
    {
      write: (line: string) => write(`<${priorities[Number(/^\{"level":(\d+)/.exec(line)?.[1])] ?? 6}>${line}`),
    },
  );
}
