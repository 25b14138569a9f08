import { z } from 'zod';
import { quote } from '../problem.ts';
import { endpoint, isHostName, parseAddress } from './address.ts';
import { headerName, sample } from './rule.ts';
import { advise, checkedText, duration, fileName, integer, name, text } from './scalar.ts';

const STATUS = /^[1-5][0-9]{2}(?:-[1-5][0-9]{2})?(?:,[1-5][0-9]{2}(?:-[1-5][0-9]{2})?)*$/;

const statuses = (hint: string) =>
  text('a status', STATUS, hint).refine((value) => !STATUS.test(value) || isAscending(value), {
    error: (issue) => advise(`${quote(String(issue.input))} has a range that ends before it begins`, 'write the smaller status first'),
  });

function isAscending(ranges: string): boolean {
  return ranges.split(',').every((range) => Number(range.split('-')[0]) <= Number(range.split('-').at(-1)));
}

const expectedStatus = z
  .union(
    [
      integer(100, 599),
      statuses('such as "200-399" or "200,204"'),
      z.array(z.union([integer(100, 599), statuses('such as 200 or "200-399"')])).min(1, 'name a status'),
    ],
    { error: () => advise('expected a status', 'such as 200, "200-399" or [200, 204]') },
  )
  .describe('The status that means well: 200, "200-399", or a list; 2xx and 3xx unless given.');

const path = (method: string) =>
  checkedText('a path', (value) =>
    /^\/\S*$/.test(value) || (value === '*' && method === 'OPTIONS') ? null : 'a path begins with / and has no space',
  )
    .optional()
    .describe(`Asks for this path by ${method}.`);

/** The methods that a check may use. */
export const CHECK_METHODS = ['GET', 'HEAD', 'OPTIONS'] as const;

/** A health check: false, true for connecting to the port, or a map. */
export const check = z.union([
  z.boolean(),
  z
    .strictObject({
      GET: path('GET'),
      HEAD: path('HEAD'),
      OPTIONS: path('OPTIONS'),
      host: checkedText('a host name', (value) =>
        isHostName(value.replace(/:[0-9]{1,5}$/, '')) || parseAddress(value) !== null ? null : 'this is neither an address nor a host name',
      )
        .optional()
        .describe('The Host header of the request.'),
      headers: z
        .record(headerName(), z.string().min(1, 'the value is empty'))
        .refine((headers) => Object.keys(headers).length <= 16, 'a check has at most 16 headers')
        .default({})
        .describe('Further headers of the request.'),
      expect: z.strictObject({ status: expectedStatus }).optional().describe('What answer means that the server is well.'),
      inter: duration().default('2s').describe('Time between two checks.'),
      fall: integer(1, 1000).default(3).describe('Failures in a row after which a server is down.'),
      rise: integer(1, 1000).default(2).describe('Successes in a row after which a server is up.'),
      port: integer(1, 65535)
        .optional()
        .describe('The port to test, if it is not that of the server; there the check speaks neither TLS nor the PROXY protocol.'),
    })
    .check((context) => {
      const { host, headers, expect } = context.value;
      const methods = CHECK_METHODS.filter((method) => context.value[method] !== undefined);
      const add = (message: string, at: string[] = []) => context.issues.push({ code: 'custom', message, path: at, input: context.value });
      if (methods.length > 1) add(advise('a check makes one request', `here are ${methods.join(' and ')}`));
      if (methods.length === 1) return;
      const http = host !== undefined ? 'host' : expect !== undefined ? 'expect' : Object.keys(headers).length > 0 ? 'headers' : null;
      if (http !== null) add(advise(`${http} needs an HTTP check`, 'write GET: /healthz as well'), [http]);
    }),
]);

const tls = z.union([
  z.boolean(),
  z.strictObject({
    verify: z.enum(['required', 'none']).default('required').describe("Whether the server's certificate is verified."),
    'ca-file': fileName('certificates')
      .optional()
      .describe("The CA that must have signed the server's certificate; the system's CAs unless given."),
    sni: sample()
      .optional()
      .describe('The server name sent in TLS and looked for in the certificate, a sample: req.hdr(host) or str(app.internal).'),
    alpn: z
      .array(text('a protocol', /^[a-z][a-z0-9./-]{0,30}$/, 'such as h2 or http/1.1'))
      .default([])
      .describe('Protocols offered to the server.'),
  }),
]);

const options = {
  maxconn: integer(1, 10_000_000).optional().describe('Connections to a server at a time; more requests wait in its queue.'),
  slowstart: duration().optional().describe('How long a server that comes back takes to get its full share.'),
  observe: z.enum(['layer4', 'layer7']).optional().describe('Learns from live traffic too: from connections (layer4) or answers (layer7).'),
  'on-error': z.enum(['fastinter', 'fail-check', 'sudden-death', 'mark-down']).optional().describe('What an error that observe sees does.'),
  ssl: tls.optional().describe('Speaks TLS to the server; true verifies with the system CAs.'),
  resolvers: z
    .literal('system')
    .optional()
    .describe('Host names are looked up at run time by the machine; always so where an address is a name.'),
  'send-proxy': z
    .union([z.boolean(), z.enum(['v1', 'v2'])])
    .optional()
    .describe('Sends the PROXY protocol: v1 (or true), the text form, or v2, the binary one.'),
};

/** What all servers of a backend have in common. */
export const defaultServer = z
  .strictObject(options)
  .default({})
  .describe('What all servers of the backend have unless they say otherwise.');

/** Servers by name: `host:port`, or a map. */
export const servers = z
  .record(
    name(),
    z.union([
      endpoint(),
      z.strictObject({
        address: endpoint().describe('An address or host name, and a port.'),
        weight: integer(0, 256).optional().describe('Its share of the traffic; 100 unless given, 0 for none but that of sticky clients.'),
        backup: z.boolean().default(false).describe('Serves only when all others are down.'),
        check: z.boolean().default(true).describe('Whether the server is tested.'),
        ...options,
      }),
    ]),
  )
  .default({})
  .describe('The servers by name: an address with a port, or a map.');
