import { z } from 'zod';
import { advise, integer, reference, text } from '../scalar.ts';
import { EVERY_HTTP, HTTP, logFormat, named, oneOrMore, RULESETS, sample, verb } from '../verb.ts';

const NAME = '(?:proc|sess|txn|req|res)\\.[A-Za-z0-9_.]{1,64}';
const HINT = 'proc, sess, txn, req or res, a dot and a name: txn.user';

/** A variable's name. */
export const variable = () => text('a variable', new RegExp(`^${NAME}$`), HINT);

/** A variable, and when it is set. */
const assigned = () =>
  text(
    'a variable',
    new RegExp(`^${NAME}(?:,if(?:not)?(?:exists|empty|set)|,if(?:gt|lt))*$`),
    `${HINT}; behind a comma may stand when it is set: txn.user,ifnotexists`,
  );

const key = () => logFormat().describe('The key, a log-format string.');

/** What is captured: into a slot of its own, or one that the frontend has. */
const capture = z
  .strictObject({
    sample: sample().describe('What is captured.'),
    len: integer(1, 65535).optional().describe('Into a new slot of the request, of so many bytes.'),
    id: integer(0, 999)
      .optional()
      .describe('Into a slot that the frontend has, from 0: first those of capture request header, then those of declare capture.'),
  })
  .check((context) => {
    const { len, id } = context.value;
    if (context.issues.length > 0 || (len === undefined) !== (id === undefined)) return;
    const message = advise('a capture has a len or an id, one of them', 'len: 32 makes a slot, id: 0 names one');
    context.issues.push({ code: 'custom', message, input: context.value });
  });

/** Verbs that remember. */
export const variableVerbs = {
  'set-var': verb(RULESETS, named(assigned(), sample(), 'name a variable'), 'Sets variables: names and samples.'),
  'set-var-fmt': verb(RULESETS, named(assigned(), logFormat(), 'name a variable'), 'Sets variables: names and log-format strings.'),
  'unset-var': verb(RULESETS, oneOrMore(variable(), 'name a variable'), 'Forgets the variable, or each of a list.'),
  capture: verb(
    ['tcp-request content', ...EVERY_HTTP],
    capture,
    'Keeps a sample for the log line, and for capture.req.hdr and capture.res.hdr.',
  ),
  'set-map': verb(
    EVERY_HTTP,
    z.strictObject({
      map: reference('maps').describe('The map.'),
      key: key(),
      value: logFormat().describe('The value, a log-format string.'),
    }),
    'Sets a key of a map while running.',
  ),
  'del-map': verb(
    EVERY_HTTP,
    z.strictObject({ map: reference('maps').describe('The map.'), key: key() }),
    'Removes a key of a map while running.',
  ),
  'add-acl': verb(
    HTTP,
    z.strictObject({ list: reference('lists').describe('The list.'), key: key() }),
    'Adds a pattern to a list while running.',
  ),
  'del-acl': verb(
    EVERY_HTTP,
    z.strictObject({ list: reference('lists').describe('The list.'), key: key() }),
    'Removes a pattern of a list while running.',
  ),
} as const;
