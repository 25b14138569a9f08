import { z } from 'zod';
import { host as hostText, isHostName, parseAddress } from './address.ts';
import { CHECK_METHODS, httpExpectation, httpSteps, protocolName, tcpSteps } from './check-step.ts';
import { headerName } from './rule.ts';
import { advise, checkedText, duration, integer, text } from './scalar.ts';

const path = (method: string) =>
  checkedText('a path', (value) =>
    /^\/\S*$/.test(value) || (value === '*' && method === 'OPTIONS') ? null : 'a path begins with / and has no space',
  )
    .optional()
    .describe(`Asks for this path by ${method}.`);

const user = () => text('a user name', /^[A-Za-z0-9_.@-]{1,64}$/);

/** Checks that name a protocol, or list steps; of all of them a check has one. */
const questions = {
  GET: path('GET'),
  HEAD: path('HEAD'),
  OPTIONS: path('OPTIONS'),
  'http-check': httpSteps,
  'tcp-check': tcpSteps,
  mysql: z
    .union([z.literal(true), z.strictObject({ user: user().describe('The user that logs in; it needs no password and no rights.') })])
    .optional()
    .describe('Speaks MySQL: the greeting of the server (true), or a login.'),
  pgsql: z
    .strictObject({ user: user().describe('The user whose login is begun; it need not exist.') })
    .optional()
    .describe('Speaks PostgreSQL: begins a login.'),
  redis: z.literal(true).optional().describe('Speaks Redis: PING.'),
  smtp: z
    .union([
      z.literal(true),
      z.strictObject({
        hello: z.enum(['HELO', 'EHLO']).default('EHLO').describe('The word of the greeting.'),
        domain: text('a domain', /^[A-Za-z0-9.-]{1,253}$/).describe('The name that it says is its own.'),
      }),
    ])
    .optional()
    .describe('Speaks SMTP: HELO localhost (true), or a greeting with a name.'),
  spop: z.literal(true).optional().describe('Speaks SPOP: greets an agent of spoe-agents.'),
  ldap: z.literal(true).optional().describe('Speaks LDAP: an anonymous bind.'),
};

/** When and where a check is made, and how it speaks. */
const settings = {
  fastinter: duration().optional().describe('Time between checks while a server is between up and down; inter unless given.'),
  downinter: duration().optional().describe('Time between checks while a server is down; inter unless given.'),
  port: integer(1, 65535)
    .optional()
    .describe(
      'The port to test, if it is not that of the server; there the check speaks neither TLS nor the PROXY protocol of its own accord.',
    ),
  addr: checkedText('an address', (value) => (parseAddress(value) === null ? 'this is not an address' : null))
    .optional()
    .describe('The address to test, if it is not that of the server.'),
  ssl: z
    .boolean()
    .optional()
    .describe(
      'The check speaks TLS although the traffic does not, or to another port; it does not look at the certificate of a server without ssl.',
    ),
  sni: hostText().optional().describe('The server name that the check asks for in TLS.'),
  alpn: z.array(protocolName()).optional().describe('The protocols that the check offers in TLS.'),
  'send-proxy': z.boolean().optional().describe('The check sends the PROXY protocol, although the traffic does not or to another port.'),
};
const counts = { inter: duration(), fall: integer(1, 1000), rise: integer(1, 1000) };
const said = {
  inter: 'Time between two checks.',
  fall: 'Failures in a row after which a server is down.',
  rise: 'Successes in a row after which a server is up.',
};

/** A health check: false, true for connecting to the port, or a map. */
export const check = z.union([
  z.boolean(),
  z
    .strictObject({
      ...questions,
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
      expect: httpExpectation.optional().describe('What answer means that the server is well.'),
      'disable-on-404': z.literal(true).optional().describe('A server that answers 404 drains: it keeps its clients and gets no new ones.'),
      'send-state': z.literal(true).optional().describe('Servers are told how HAProxy sees them, in the header X-Haproxy-Server-State.'),
      inter: counts.inter.default('2s').describe(said.inter),
      fall: counts.fall.default(3).describe(said.fall),
      rise: counts.rise.default(2).describe(said.rise),
      ...settings,
    })
    .check((context) => {
      const { value } = context;
      const asked = (Object.keys(questions) as (keyof typeof questions)[]).filter((key) => value[key] !== undefined);
      const add = (message: string, at: string[] = []) => context.issues.push({ code: 'custom', message, path: at, input: value });
      if (asked.length > 1) add(advise('a check asks one question', `here are ${asked.join(' and ')}`));
      const isRequest = asked.some((key) => CHECK_METHODS.some((method) => method === key));
      const isHttp = isRequest || asked.includes('http-check');
      const needing = (['host', 'headers', 'expect'] as const).find((key) =>
        key === 'headers' ? Object.keys(value.headers).length > 0 : value[key] !== undefined,
      );
      if (asked.length <= 1 && needing !== undefined && !isRequest)
        add(
          advise(`${needing} needs a check by GET, HEAD or OPTIONS`, isHttp ? 'write it into the steps' : 'write GET: /healthz as well'),
          [needing],
        );
      const state = (['disable-on-404', 'send-state'] as const).find((key) => value[key] !== undefined);
      if (state !== undefined && !isHttp) add(advise(`${state} needs an HTTP check`, 'write GET: /healthz as well'), [state]);
    }),
]);

/** What one server has of its own: whether it is tested, or how it is tested differently. */
export const ownCheck = z.union([
  z.boolean(),
  z.strictObject({
    inter: counts.inter.optional().describe(said.inter),
    fall: counts.fall.optional().describe(said.fall),
    rise: counts.rise.optional().describe(said.rise),
    ...settings,
  }),
]);
