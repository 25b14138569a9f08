import { z } from 'zod';
import type { Hardware } from '../../tuning/hardware.ts';
import { explainIssues, issueText } from '../config/explain.ts';
import { causeOf } from '../host/cause.ts';
import { errno } from '../host/host.ts';
import type { Io } from './io.ts';

const count = z.int().min(0);

/** A hardware file as hostile input: what `weir probe --json` prints, and nothing else. */
const hardwareSchema = z.strictObject({
  version: z.literal(1),
  kernel: z.string().max(200),
  virtualization: z.string().max(60),
  memoryBytes: count,
  openFiles: count.nullable(),
  cpus: z.array(z.strictObject({ id: count, core: count, socket: count, node: count, l3: count.nullable() })).max(8192),
  nodes: z.array(z.strictObject({ id: count, memoryBytes: count })).max(1024),
  nics: z
    .array(
      z.strictObject({
        name: z.string().max(15),
        mac: z.string().max(60),
        pci: z.string().max(60).nullable(),
        driver: z.string().max(60).nullable(),
        speedMbit: count.nullable(),
        numaNode: count.nullable(),
        queues: z.strictObject({ rx: count, tx: count }).nullable(),
      }),
    )
    .max(4096),
  originals: z.record(z.string().max(400), z.string().max(4096).nullable()),
});

/** Most a hardware file may hold; a machine of 8,192 CPUs and 100 NICs stays below. */
const limitBytes = 8 * 1024 * 1024;

/** The machine that a file describes, or why it cannot be used. */
export async function readHardware(
  file: string,
  io: Pick<Io, 'host'>,
): Promise<Hardware | { readonly message: string; readonly hint: string }> {
  const hint = 'make one on the machine with: weir probe --json > hardware.json';
  const wrong = (why: string) => ({ message: `${file} is not a description of a machine: ${why}`, hint });
  try {
    const bytes = await io.host.readBytes(file, limitBytes);
    if (bytes === null) return { message: `cannot read ${file}: there is no such file`, hint };
    const parsed = hardwareSchema.safeParse(JSON.parse(new TextDecoder().decode(bytes)), { error: issueText });
    if (parsed.success) return parsed.data;
    const [problem] = explainIssues(parsed.error.issues);
    return wrong([problem?.at.join('.'), problem?.message].filter(Boolean).join(': '));
  } catch (error) {
    if (error instanceof SyntaxError) return wrong('it is not JSON');
    if (errno(error) === null) throw error;
    return { message: `cannot read ${file}: ${causeOf(error, file)}`, hint };
  }
}
