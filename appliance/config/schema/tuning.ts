import { z } from 'zod';
import { advise, describeValue, integer, linkName, text } from './scalar.ts';

const sysctlName = text('a sysctl name', /^[a-z][a-z0-9_-]*(?:\.[A-Za-z0-9_-]+)+$/, 'as in sysctl(8), with dots: net.core.somaxconn');

const sysctlValue = z.union(
  [
    text('a kernel value', /^[0-9A-Za-z_.,:+-]+(?: [0-9A-Za-z_.,:+-]+)*$/, 'numbers and words with single spaces between'),
    integer(Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER),
  ],
  {
    error: (issue) => advise(`expected a number or a text, got ${describeValue(issue.input)}`),
  },
);

const cpuWord = /^\d{1,4}(?:-\d{1,4})?$/;

/** Whether each range of a list begins with the smaller number. */
const ascends = (list: string) =>
  list.split(',').every((word) => {
    const [first, last] = word.split('-').map(Number);
    return cpuWord.test(word) && (last === undefined || (first ?? 0) <= last);
  });

const cpuError = (issue: { readonly input?: unknown }) =>
  issue.input === undefined
    ? undefined
    : advise(`expected a list of CPUs, got ${describeValue(issue.input)}`, 'numbers and ranges with commas between: "2-3,8"');

/** CPUs as the kernel lists them (cpuset(7), "List format"); one alone may be a number. */
const cpuList = () => z.union([z.string().refine(ascends, { error: cpuError }), z.int().min(0).max(8191)], { error: cpuError });

/** Words of `ethtool -C` that drivers have in common. */
const microseconds = () => integer(0, 65_535);
const packets = () => integer(0, 65_535);

const featureName = text(
  'a feature of a NIC',
  /^[a-z][a-z0-9-]{0,59}$/,
  'as "ethtool -k" names it, or for short: gro, gso, tso, lro, rx, tx, sg, ntuple',
);

/** What is set of the NICs of a link, by ethtool's own words (ethtool(8)). */
const nics = z.strictObject({
  channels: integer(1, 1024).optional().describe('How many queues (ethtool -L): for both directions in one, else so many for each.'),
  ring: z
    .strictObject({
      rx: integer(1, 65_536).optional().describe('Packets that each receive queue holds.'),
      tx: integer(1, 65_536).optional().describe('Packets that each transmit queue holds.'),
    })
    .default({})
    .describe('The size of the queues (ethtool -G).'),
  coalesce: z
    .strictObject({
      'adaptive-rx': z.boolean().optional().describe('Whether the driver adapts how long it holds back interrupts for received packets.'),
      'adaptive-tx': z.boolean().optional().describe('Whether the driver adapts how long it holds back interrupts for sent packets.'),
      'rx-usecs': microseconds().optional().describe('Microseconds that an interrupt for received packets is held back, at most 125.'),
      'tx-usecs': microseconds().optional().describe('Microseconds that an interrupt for sent packets is held back, at most 125.'),
      'rx-frames': packets().optional().describe('Received packets after which an interrupt is held back no longer.'),
      'tx-frames': packets().optional().describe('Sent packets after which an interrupt is held back no longer.'),
    })
    .default({})
    .describe('How long interrupts are held back (ethtool -C).'),
  features: z
    .record(featureName, z.boolean())
    .default({})
    .describe('What the NIC does for the kernel, true or false by name (ethtool -K).'),
  'irq-cpus': cpuList().optional().describe('The CPUs that take its interrupts: queue i is of the CPU i of these, over and over.'),
  'rps-cpus': cpuList().optional().describe('The CPUs that the kernel spreads its received packets over (RPS).'),
});

/** Kernel settings. */
export const tuning = z
  .strictObject({
    profile: z
      .enum(['balanced', 'throughput', 'latency', 'many-connections'])
      .default('balanced')
      .describe('What the kernel is tuned for.'),
    links: z.record(linkName(), nics).default({}).describe('Values of the NICs of links that win over the plan, by the name of the link.'),
    sysctl: z.record(sysctlName, sysctlValue).default({}).describe('Kernel values that win over the profile, by sysctl name.'),
  })
  .prefault({})
  .describe('Tuning of the kernel and the NICs; the machine does most of it by itself.');
