import { z } from 'zod';
import { quote } from '../problem.ts';
import {
  advise,
  checkedText,
  duration,
  fileName,
  integer,
  isMeasurable,
  MOST_ENTRIES,
  milliseconds,
  name,
  reference,
  size,
  tableReference,
} from './scalar.ts';

const match = z
  .enum(['str', 'ip', 'beg', 'end', 'sub', 'dir', 'dom', 'reg', 'int'])
  .default('str')
  .describe('How a sample is compared with the keys.');

/** Maps by name. */
export const maps = z
  .record(name(), z.strictObject({ match, file: fileName('maps').describe('The file with a key and a value on each line.') }))
  .default({})
  .describe('Maps, which can be changed at run time, by name.');

/** Lists of patterns by name: what HAProxy calls ACL files. */
export const lists = z
  .record(name(), z.strictObject({ match, file: fileName('maps').describe('The file in the folder maps, with a pattern on each line.') }))
  .default({})
  .describe('Lists of patterns, which can be changed at run time, by name.');

/** What a stick table can store (configuration manual, 4.2 "stick-table"). */
const STORED =
  /^(?:server_id|server_key|conn_cnt|conn_cur|sess_cnt|http_req_cnt|http_err_cnt|http_fail_cnt|bytes_in_cnt|bytes_out_cnt|glitch_cnt|(?:gpc|gpt)\([1-9][0-9]?\)|gpc_rate\([1-9][0-9]?,[0-9]+(?:ms|s|m|h|d)\)|(?:conn|sess|http_req|http_err|http_fail|bytes_in|bytes_out|glitch)_rate\([0-9]+(?:ms|s|m|h|d)\))$/;

/** The period of a rate. */
const PERIOD = /\((?:[0-9]+,)?([0-9]+[a-z]+)\)$/;

/** What took the place of single counters: arrays of them, with their number. */
const SINGLE: Readonly<Record<string, string>> = {
  gpc0: 'gpc(1)',
  gpc1: 'gpc(2)',
  gpt0: 'gpt(1)',
  gpc0_rate: 'gpc_rate(1,10s)',
  gpc1_rate: 'gpc_rate(2,10s)',
};

function judgeStored(stored: string): string | null {
  if (STORED.test(stored)) return null;
  const array = SINGLE[stored.replace(/\(.*$/, '')];
  return advise(
    `${quote(stored)} is not something a stick table stores`,
    array === undefined ? 'such as conn_cur, http_req_rate(10s) or gpc(1)' : `write ${array}: an array of so many`,
  );
}

/** What a stick table is, wherever it is declared. */
const shape = {
  type: z.enum(['ip', 'ipv6', 'integer', 'string', 'binary']).describe('What a key is; ipv6 holds IPv4 addresses too.'),
  length: integer(1, 65535).optional().describe('The longest key, for string and binary.'),
  size: z.union([size(), integer(1, MOST_ENTRIES)]).describe('How many keys there are at most: 500k.'),
  expire: duration().optional().describe('A key unused for this long is forgotten.'),
  store: z
    .array(
      checkedText('something a stick table stores', judgeStored).refine(
        (stored) => isMeasurable(milliseconds(PERIOD.exec(stored)?.[1] ?? '1s')),
        { error: (issue) => `the period of ${quote(String(issue.input))} must be more than nothing and at most 24 days` },
      ),
    )
    .default([])
    .describe('What is counted for each key.'),
  srvkey: z
    .enum(['name', 'addr'])
    .default('name')
    .describe('How servers that clients are kept at are known: by name, or by address and port, wherever names may change.'),
  nopurge: z.boolean().default(false).describe('A full table takes no new keys, and does not forget the oldest.'),
  'write-to': tableReference()
    .optional()
    .describe('The table that gets a copy of what peers tell of this one: of server_id, server_key and tags, which nobody adds up.'),
};

type Shape = z.output<z.ZodObject<typeof shape>>;

/** Checks what a table stores, and that its keys have a length where they need one. */
function checkShape({ value: { store, type, length }, issues }: z.core.ParsePayload<Shape>): void {
  const kinds = store.map((stored) => stored.replace(/\(.*$/, ''));
  for (const [index, kind] of kinds.entries()) {
    const first = kinds.indexOf(kind);
    if (first === index) continue;
    const message = advise(
      `${quote(store[index] as string)} does not go together with ${quote(store[first] as string)}`,
      'a table stores each once',
    );
    issues.push({ code: 'custom', message, path: ['store', index], input: store });
  }
  if (type === 'string' || type === 'binary' || length === undefined) return;
  issues.push({ code: 'custom', message: 'only keys of the types string and binary have a length', path: ['length'], input: length });
}

/** A table that a section of peers declares. */
export const tableOfPeers = z.strictObject(shape).check(checkShape);

/** Stick tables by name. */
export const stickTables = z
  .record(
    name(),
    z
      .strictObject({
        ...shape,
        peers: reference('peers')
          .optional()
          .describe(
            'Who is told of it: a section of peers; unless given, the next worker alone, and nobody where there are sections of peers.',
          ),
      })
      .check(checkShape)
      .refine(({ peers, 'write-to': copy }) => copy === undefined || peers !== undefined, {
        error: () => advise('write-to needs peers', 'it is for what they tell'),
        path: ['write-to'],
      }),
  )
  .default({})
  .describe('Stick tables, which count by client or by another sample, by name.');
