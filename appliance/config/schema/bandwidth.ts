import { z } from 'zod';
import { advise, duration, name, tableReference } from './scalar.ts';
import { bytes, sample } from './verb.ts';

/** A limit by itself, or one that all with the same key share (configuration manual, 9.7 "Bandwidth limitation"). */
const limit = z
  .strictObject({
    'default-limit': bytes().optional().describe('Bytes in each period for every stream, where its rule says nothing else.'),
    'default-period': duration().optional().describe('The period, where its rule says nothing else.'),
    limit: bytes().optional().describe('Bytes a second for all streams together that have the same key.'),
    key: sample().optional().describe('What streams have in common that share the limit, such as src.'),
    table: tableReference().optional().describe('The stick table that counts by key, which stores bytes_in_rate or bytes_out_rate.'),
    'min-size': bytes().optional().describe('So many bytes at least are passed on at once, for fewer and larger packets.'),
  })
  .check((context) => {
    const { value } = context;
    const own = ['default-limit', 'default-period'].filter((key) => value[key as keyof typeof value] !== undefined);
    const shared = ['limit', 'key', 'table'].filter((key) => value[key as keyof typeof value] !== undefined);
    const isWhole = (own.length === 2 && shared.length === 0) || (shared.length === 3 && own.length === 0);
    if (isWhole || context.issues.some(({ code }) => code === 'unrecognized_keys')) return;
    const message = advise(
      'a bandwidth limit has default-limit and default-period, or limit, key and table',
      'the first for each stream by itself, the second for all with the same key together',
    );
    context.issues.push({ code: 'custom', message, input: context.value });
  });

const filters = (what: string) => z.record(name(), limit).default({}).describe(what);

/** Bandwidth limits of a frontend or backend, each named for rules. */
export const bandwidthLimits = {
  'filter bwlim-in': filters('Limits of what clients send, by name; a rule set-bandwidth-limit applies them.'),
  'filter bwlim-out': filters('Limits of what clients are sent, by name; a rule set-bandwidth-limit applies them.'),
};
