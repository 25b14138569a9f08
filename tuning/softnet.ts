/** What one CPU's receive work has counted since the machine started (`softnet_seq_show` in net/core/net-procfs.c). */
export interface Softnet {
  readonly cpu: number;
  /** Packets lost because its backlog was full: RPS, tunnels and virtual cables put packets there. */
  readonly dropped: number;
  /** How often it had more packets than `netdev_budget` lets it take at a time. */
  readonly squeezed: number;
}

/**
 * `/proc/net/softnet_stat`, a line a CPU that is online, in hexadecimal. Kernels from 5.10 on say the CPU's number in the 13th column; before, lines are
 * counted. Lines that are none are left out.
 */
export function parseSoftnet(text: string): readonly Softnet[] {
  const lines = text.split('\n').map((line) => line.trim().split(/\s+/));
  return lines
    .filter((words) => words.length >= 3 && words.every((word) => /^[\da-f]{8}$/i.test(word)))
    .map((words, index) => {
      const [, dropped = 0, squeezed = 0] = words.map((word) => Number.parseInt(word, 16));
      return { cpu: words[12] === undefined ? index : Number.parseInt(words[12], 16), dropped, squeezed };
    });
}
