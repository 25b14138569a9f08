import { z } from 'zod';
import { httpRequest, httpResponse, sample } from './rule.ts';
import { advise, duration, extraLines, integer, name, text } from './scalar.ts';
import { check, defaultServer, servers } from './server.ts';

/** Algorithms that need no argument (configuration manual, 4.2 "balance"). */
const ALGORITHMS = ['roundrobin', 'static-rr', 'leastconn', 'first', 'source', 'random'] as const;

/** What a map below `balance` names besides the algorithm. */
const HASH_OPTIONS: readonly string[] = ['hash-type', 'hash-balance-factor'];

const hashing = z
  .strictObject({
    hash: sample().optional().describe('By the hash of this sample.'),
    uri: z
      .union([z.literal(true), z.enum(['path-only', 'whole'])])
      .optional()
      .describe('By the hash of the URI: up to the query (true), its path only, or whole.'),
    url_param: text('a parameter name', /^[A-Za-z0-9_.~-]{1,64}$/)
      .optional()
      .describe('By the hash of this parameter of the query.'),
    hdr: text('a header name', /^[A-Za-z0-9_-]{1,128}$/)
      .optional()
      .describe('By the hash of this header.'),
    source: z.literal(true).optional().describe("By the hash of the client's address."),
    'hash-type': text(
      'a hash type',
      /^(?:map-based|consistent)(?: (?:sdbm|djb2|wt6|crc32|none)(?: avalanche)?)?$/,
      'map-based or consistent, then optionally a function (sdbm, djb2, wt6, crc32), and behind it avalanche',
    )
      .default('consistent')
      .describe('How the hash becomes a server; consistent moves few clients when a server comes or goes.'),
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
          'balance needs exactly one of hash, uri, url_param, hdr and source',
          given.length > 1 ? `there are ${given.join(' and ')}` : undefined,
        ),
      );
    if (context.value['hash-balance-factor'] !== undefined && !context.value['hash-type'].startsWith('consistent')) {
      add('hash-balance-factor needs hash-type: consistent', ['hash-balance-factor']);
    }
  });

const COOKIE_WORDS = ['insert', 'prefix', 'rewrite', 'indirect', 'nocache', 'postonly', 'preserve', 'httponly', 'secure'] as const;

const cookie = z
  .object({
    maxidle: duration().optional().describe('A cookie unused for this long is ignored.'),
    maxlife: duration().optional().describe('A cookie older than this is ignored.'),
    domain: text(
      'a domain',
      /^\.?[A-Za-z0-9][A-Za-z0-9-]{0,62}(?:\.[A-Za-z0-9-]{1,63})+$/,
      'with a dot, such as shop.example: browsers ignore others',
    )
      .optional()
      .describe('The domain that the cookie is for.'),
  })
  .catchall(z.array(z.enum(COOKIE_WORDS)))
  .check((context) => {
    const add = (message: string, path: string[] = []) => context.issues.push({ code: 'custom', message, path, input: context.value });
    const names = Object.keys(context.value).filter((key) => !['maxidle', 'maxlife', 'domain'].includes(key));
    const [key] = names;
    if (key === undefined || names.length > 1) {
      add(
        advise(
          key === undefined ? 'the cookie has no name' : `a backend has one cookie, here are ${names.join(' and ')}`,
          'write { SRV: [insert, indirect, nocache] }',
        ),
      );
      return;
    }
    if (!/^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,64}$/.test(key)) add('a cookie name has letters, digits and "_" only', [key]);
    const words = context.value[key] as readonly string[];
    const kinds = words.filter((word) => ['insert', 'prefix', 'rewrite'].includes(word));
    if (kinds.length > 1) add(`${kinds.join(' and ')} do not go together`, [key]);
    if (words.includes('rewrite') && words.includes('indirect')) add('rewrite and indirect do not go together', [key]);
    if (words.includes('preserve') && !words.includes('insert') && !words.includes('indirect'))
      add('preserve needs the word insert or indirect', [key]);
    if ((context.value.maxidle !== undefined || context.value.maxlife !== undefined) && !words.includes('insert'))
      add('maxidle and maxlife need the word insert', [key]);
  });

const timeouts = z
  .strictObject({
    connect: duration().optional().describe('How long a server may take to accept a connection.'),
    server: duration().optional().describe('How long a server may be silent.'),
    'server-fin': duration().optional().describe('How long a server that has closed its side may be silent.'),
    queue: duration().optional().describe('How long a request waits for a free server.'),
    tunnel: duration().optional().describe('How long both sides of a tunnel, such as a WebSocket, may be silent.'),
    check: duration().optional().describe('How long a server may take to answer a health check.'),
    'http-request': duration().optional().describe('How long a client may take to send a whole request.'),
    'http-keep-alive': duration().optional().describe('How long to wait for the next request on a connection.'),
    tarpit: duration().optional().describe('How long a tarpit rule lets a client wait.'),
  })
  .default({})
  .describe('Timeouts towards servers.');

/** Groups of servers. */
export const backends = z
  .record(
    name(),
    z.strictObject({
      mode: z.enum(['http', 'tcp']).optional().describe('Whether it serves http or tcp; that of the frontends which use it unless given.'),
      balance: z
        .union([z.enum(ALGORITHMS), hashing])
        .optional()
        .describe(
          'How a server is chosen: an algorithm (roundrobin for http, leastconn for tcp unless given), or a map that says what is hashed.',
        ),
      cookie: cookie.optional().describe('A cookie that keeps a client at its server: its name and words, and maxidle, maxlife, domain.'),
      check: check.optional().describe('How servers are tested; connecting to the port unless given, false for no test.'),
      timeout: timeouts,
      'http-reuse': z
        .enum(['never', 'safe', 'aggressive', 'always'])
        .default('safe')
        .describe('Which requests may use an idle connection to a server.'),
      fullconn: integer(1, 10_000_000).optional().describe('The load at which a server gets its whole maxconn.'),
      'default-server': defaultServer,
      'http-request': httpRequest,
      'http-response': httpResponse,
      servers,
      extra: extraLines('the section of this backend'),
    }),
  )
  .default({})
  .describe('Groups of servers, by name.');
