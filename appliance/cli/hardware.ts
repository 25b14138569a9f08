import { z } from 'zod';
import type { Hardware } from '../../tuning/hardware.ts';
import { explainIssues, issueText } from '../config/explain.ts';
import { causeOf } from '../host/cause.ts';
import { errno } from '../host/host.ts';
import type { Io } from './io.ts';

const count = z.int().min(0);

const channels = z.strictObject({
  rx: count.nullable(),
  tx: count.nullable(),
  other: count.nullable(),
  combined: count.nullable(),
});

const rings = z.strictObject({ rx: count.nullable(), tx: count.nullable() });

const cpuList = z.array(count).max(8192).nullable();

const irq = z.strictObject({
  number: count,
  action: z.string().max(200),
  role: z.enum(['queue', 'admin', 'flow director']),
  serves: z.enum(['rx', 'tx', 'both']).nullable(),
  index: count,
  affinity: cpuList,
  effective: cpuList,
});

/** A hardware file as hostile input: what `weir probe --json` prints, and nothing else. */
const hardwareSchema = z.strictObject({
  version: z.literal(1),
  kernel: z.string().max(200),
  virtualization: z.string().max(60),
  memoryBytes: count,
  openFiles: count.nullable(),
  clocksource: z.string().max(60).nullable(),
  cpus: z
    .array(
      z.strictObject({
        id: count,
        core: count,
        socket: count,
        node: count,
        l3: count.nullable(),
        kind: z.enum(['performance', 'efficiency']).nullable(),
        isIsolated: z.boolean(),
        governor: z.string().max(60).nullable(),
      }),
    )
    .max(8192),
  nodes: z.array(z.strictObject({ id: count, memoryBytes: count, distances: z.array(count).max(1024) })).max(1024),
  nics: z
    .array(
      z.strictObject({
        name: z.string().max(15),
        mac: z.string().max(60).nullable(),
        pci: z.string().max(60).nullable(),
        bus: z.string().max(60),
        driver: z.string().max(60).nullable(),
        speedMbit: count.nullable(),
        hasCarrier: z.boolean().nullable(),
        master: z.string().max(60).nullable(),
        numaNode: count.nullable(),
        queues: z.strictObject({ rx: count, tx: count }).nullable(),
        channels: z.strictObject({ max: channels, current: channels }).nullable(),
        rings: z.strictObject({ max: rings, current: rings }).nullable(),
        coalescing: z.record(z.string().max(60), z.union([count, z.boolean()])).nullable(),
        features: z.record(z.string().max(60), z.strictObject({ isOn: z.boolean(), isFixed: z.boolean() })).nullable(),
        rss: z.array(count).max(65_536).nullable(),
        irqs: z.array(irq).max(8192),
      }),
    )
    .max(4096),
  rivals: z.array(z.string().max(60)).max(100),
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
