import { z } from 'zod';
import { advise, describeValue, integer, text } from './scalar.ts';

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

/** Kernel settings. */
export const tuning = z
  .strictObject({
    profile: z
      .enum(['balanced', 'throughput', 'latency', 'many-connections'])
      .default('balanced')
      .describe('What the kernel is tuned for.'),
    sysctl: z.record(sysctlName, sysctlValue).default({}).describe('Kernel values that win over the profile, by sysctl name.'),
  })
  .prefault({})
  .describe('Tuning of the kernel; the machine does most of it by itself.');
