/** A line of `/proc/interrupts` that has a number. */
export interface Interrupt {
  readonly number: number;
  /** How often it came to each CPU, by the CPU's number. */
  readonly counts: ReadonlyMap<number, number>;
  /** What its driver calls it; empty where nobody handles it. */
  readonly action: string;
  /** The PCI address that its controller names (`IR-PCI-MSIX-0000:17:00.0`, Linux 6.2 and later); null where it names none. */
  readonly bus: string | null;
}

const pciAddress = /[\da-f]{4,8}:[\da-f]{2}:[\da-f]{2}\.[\da-f]/i;

/**
 * `/proc/interrupts` (proc_interrupts(5)): a heading with the CPUs that are online, then a line an interrupt: its number, a count for each CPU, the
 * controller in one to three words, and the action, which may hold spaces and commas or be empty. Lines of the machine itself (`LOC`) have no number and are
 * left out, and so is what was cut off.
 */
export function parseInterrupts(text: string): readonly Interrupt[] {
  const lines = text.split('\n').filter((line) => !line.startsWith('#'));
  const heading = lines.find((line) => /^\s*CPU\d+/.test(line));
  const cpus = [...(heading ?? '').matchAll(/CPU(\d+)/g)].map(([, cpu]) => Number(cpu));
  return lines.flatMap((line) => {
    const [, number, rest] = /^\s*(\d{1,9}):\s+(.*)$/.exec(line) ?? [];
    if (number === undefined || rest === undefined) return [];
    const words = rest.trimEnd().split(/\s+/);
    // a capture may have lost its heading: then counts are the words that are numbers
    const most = heading === undefined ? words.length : cpus.length;
    let count = 0;
    while (count < most && /^\d+$/.test(words[count] ?? '')) count += 1;
    if (words.length === count) return [];
    const counts = new Map(words.slice(0, count).map((word, index) => [cpus[index] ?? index, Number(word)]));
    return [{ number: Number(number), counts, ...readHandler(words.slice(count)) }];
  });
}

/** The word that ends the controller's part: how the line is triggered. Xen's begins with a hyphen. */
const trigger = /(?:^|-)(?:edge|fasteoi|level)$|^-/i;

function readHandler(words: readonly string[]): Pick<Interrupt, 'action' | 'bus'> {
  const end = words.slice(0, 4).findIndex((word) => trigger.test(word));
  // a controller that nobody has seen yet: its first word, and that of the line where the next is a number
  const first = end === -1 ? (/^\d+$/.test(words[1] ?? '') ? 2 : 1) : end + 1;
  return { action: words.slice(first).join(' '), bus: pciAddress.exec(words.slice(0, first).join(' '))?.[0].toLowerCase() ?? null };
}
