import { z } from 'zod';
import { describeValue, integer } from '../scalar.ts';
import { CONNECTION, HTTP, RULESETS, sample, verb } from '../verb.ts';

const TRACKING = [...CONNECTION, 'tcp-request content', ...HTTP] as const;

/** Indexes of the counters that a table has: 100 at most (configuration manual, 4.2 "stick-table", "gpc"). */
const idx = () => integer(0, 99).describe('Which of the general purpose counters or tags that the table stores, from 0.');
const scId = () => integer(0, 2).describe('The counter, 0 to 2, that a track-sc rule counts with.');

const value = () =>
  z
    .union([integer(0, 2 ** 32 - 1), sample()], { error: (issue) => `expected a number or a sample, got ${describeValue(issue.input)}` })
    .describe('A number, or a sample of one.');

/** Verbs that count in stick tables. */
export const counterVerbs = {
  'track-sc0': verb(TRACKING, sample(), 'Counts in counter 0 of table what this sample names.'),
  'track-sc1': verb(TRACKING, sample(), 'Counts in counter 1 of table what this sample names.'),
  'track-sc2': verb(TRACKING, sample(), 'Counts in counter 2 of table what this sample names.'),
  'sc-inc-gpc': verb(RULESETS, z.strictObject({ idx: idx(), 'sc-id': scId() }), 'Adds one to a general purpose counter.'),
  'sc-add-gpc': verb(
    RULESETS,
    z.strictObject({ idx: idx(), 'sc-id': scId(), value: value() }),
    'Adds a number to a general purpose counter.',
  ),
  'sc-set-gpt': verb(RULESETS, z.strictObject({ idx: idx(), 'sc-id': scId(), value: value() }), 'Sets a general purpose tag.'),
} as const;
