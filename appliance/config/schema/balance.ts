import { z } from 'zod';
import { headerName, sample } from './rule.ts';
import { advise, integer, text } from './scalar.ts';

/** Algorithms that need no argument (configuration manual, 4.2 "balance"). */
const ALGORITHMS = ['roundrobin', 'static-rr', 'leastconn', 'first', 'source', 'random'] as const;

/** What a map below `balance` names besides the algorithm. */
const HASH_OPTIONS: readonly string[] = ['hash-type', 'hash-balance-factor'];

/** Algorithms with an argument; all but random choose by a hash. */
const algorithms = {
  hash: sample().optional().describe('By the hash of this sample.'),
  uri: z
    .union([
      z.literal(true),
      z.enum(['path-only', 'whole']),
      z.strictObject({
        len: integer(1, 65535).optional().describe('Characters of the URI that count.'),
        depth: integer(1, 1024).optional().describe('Folders of the path that count.'),
        whole: z.boolean().default(false).describe('The query counts too.'),
        'path-only': z.boolean().default(false).describe('The path alone counts, without scheme and host.'),
      }),
    ])
    .optional()
    .describe('By the hash of the URI: up to the query (true), its path only, whole, or as a map says.'),
  url_param: text('a parameter name', /^[A-Za-z0-9_.~-]{1,64}$/)
    .optional()
    .describe('By the hash of this parameter of the query, or of the body of a POST.'),
  hdr: z
    .union([
      headerName(),
      z.strictObject({
        name: headerName().describe('The name of the header.'),
        use_domain_only: z.literal(true).describe('Of a host name, only its main part counts: shop of www.shop.example.'),
      }),
    ])
    .optional()
    .describe('By the hash of this header.'),
  'rdp-cookie': z
    .union([z.literal(true), text('the name of an RDP cookie', /^[A-Za-z0-9_-]{1,32}$/)])
    .optional()
    .describe('By the hash of this cookie of RDP, mstshash for the user; true means msts.'),
  source: z.literal(true).optional().describe("By the hash of the client's address."),
  random: integer(1, 1000).optional().describe('By chance: the least loaded of this many servers.'),
};

const balanceMap = z
  .strictObject({
    ...algorithms,
    'hash-type': text(
      'a hash type',
      /^(?:map-based|consistent)(?: (?:sdbm|djb2|wt6|crc32|none)(?: avalanche)?)?$/,
      'map-based or consistent, then optionally a function (sdbm, djb2, wt6, crc32, none), and behind it avalanche',
    )
      .optional()
      .describe('How the hash becomes a server; consistent, which moves few clients when a server comes or goes, unless given.'),
    'hash-balance-factor': z
      .union([z.literal(0), integer(101, 65535)], { error: () => 'expected 0 or a number from 101 to 65535, in percent' })
      .optional()
      .describe('No server gets more than this percentage of the average; needs consistent.'),
  })
  .check((context) => {
    const given = Object.keys(context.value).filter((key) => !HASH_OPTIONS.includes(key));
    const add = (message: string, path: string[] = []) => context.issues.push({ code: 'custom', message, path, input: context.value });
    if (given.length !== 1)
      add(
        advise(
          `balance needs exactly one of ${Object.keys(algorithms).join(', ')}`,
          given.length > 1 ? `there are ${given.join(' and ')}` : undefined,
        ),
      );
    const { 'hash-type': hashType, 'hash-balance-factor': factor, random, uri } = context.value;
    if (random !== undefined && hashType !== undefined) add('random has no hash', ['hash-type']);
    if (factor !== undefined && (random !== undefined || hashType?.startsWith('map-based'))) {
      add('hash-balance-factor needs hash-type: consistent', ['hash-balance-factor']);
    }
    if (typeof uri === 'object' && uri.whole && uri['path-only']) add('whole and path-only do not go together', ['uri', 'path-only']);
  });

/** How a backend chooses a server. */
export const balance = z
  .union([z.enum(ALGORITHMS), balanceMap])
  .optional()
  .describe(
    'How a server is chosen: an algorithm (roundrobin for http, leastconn for tcp unless given), or a map that says what is hashed.',
  );
