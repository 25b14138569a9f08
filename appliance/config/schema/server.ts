import { z } from 'zod';
import { quote } from '../problem.ts';
import { endpoint, isHostName, parseAddress } from './address.ts';
import { ownCheck } from './check.ts';
import { escapedText, protocolName } from './check-step.ts';
import { sample } from './rule.ts';
import { advise, checkedText, duration, fileName, integer, name, reference, text } from './scalar.ts';
import { source, words } from './server-word.ts';
import { serverTls } from './tls.ts';

const cookieValue = text(
  'a cookie value',
  /^[A-Za-z0-9!#$%&'()*+./:<=>?@^_`{|}~-]{1,64}$/,
  'without spaces, quotes, commas and semicolons',
);

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
    crt: reference('certificates').optional().describe('The certificate that is shown to the server, with its key.'),
    ...serverTls,
    alpn: z.array(protocolName()).default([]).describe('Protocols offered to the server.'),
  }),
]);

const options = {
  weight: integer(0, 256).optional().describe('Its share of the traffic; 1 unless given, 0 for none but that of sticky clients.'),
  maxconn: integer(1, 10_000_000).optional().describe('Connections to a server at a time; more requests wait in its queue.'),
  slowstart: duration().optional().describe('How long a server that comes back takes to get its full share.'),
  observe: z.enum(['layer4', 'layer7']).optional().describe('Learns from live traffic too: from connections (layer4) or answers (layer7).'),
  'on-error': z.enum(['fastinter', 'fail-check', 'sudden-death', 'mark-down']).optional().describe('What an error that observe sees does.'),
  ...words,
  source: source.optional().describe('Where connections to a server come from: an address, or a map.'),
  'agent-check': z
    .strictObject({
      port: integer(1, 65535).describe('The port of the program.'),
      inter: duration().optional().describe('Time between two questions; 2s unless given.'),
      send: escapedText(1024).optional().describe(String.raw`What it is sent first, a text in which \n is a line end.`),
      addr: checkedText('an address', (value) => (parseAddress(value) === null ? 'this is not an address' : null))
        .optional()
        .describe('The address of the program; that of the server unless given.'),
    })
    .optional()
    .describe('A program beside the server says its load and state: up, down, drain, maint, 75%.'),
  ssl: tls.optional().describe('Speaks TLS to the server; true verifies with the system CAs.'),
  resolvers: reference('resolvers')
    .optional()
    .describe('Who looks up host names at run time: a section of resolvers; system, the machine itself, unless given.'),
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
        backup: z.boolean().default(false).describe('Serves only when all others are down.'),
        check: ownCheck.default(true).describe('Whether the server is tested, or how it is tested differently.'),
        cookie: cookieValue.optional().describe('What names it in the persistence cookie; its name unless given.'),
        ...options,
      }),
    ]),
  )
  .default({})
  .describe('The servers by name: an address with a port, or a map.');

const templateAddress = checkedText('a host name', (value) => {
  const [, called = '', port] = /^(.*?)(?::([0-9]{1,5}))?$/.exec(value) ?? [];
  const isService = /^_[A-Za-z0-9-]{1,62}\._(?:tcp|udp)\./.test(called);
  if (!isHostName(called.replace(/^_[^.]*\._[^.]*\./, '')))
    return advise(`${quote(called)} is not a host name`, 'servers of a template share one name');
  if (isService === (port === undefined))
    return port === undefined || (Number(port) >= 1 && Number(port) <= 65535) ? null : 'the port is not within 1 and 65535';
  return isService
    ? advise('the port of a service stands in its SRV records', `write ${called}`)
    : advise(`${quote(value)} has no port`, `write ${value}:8080, or a service such as _http._tcp.${value}`);
});

/** Servers whose number and addresses a name server says. */
export const serverTemplates = z
  .record(
    name(),
    z.strictObject({
      address: templateAddress.describe('The name of all of them with a port, or of a service (SRV records), which says the ports.'),
      count: integer(1, 10_000).describe('Servers at most; those without an address are down.'),
      backup: z.boolean().default(false).describe('They serve only when all others are down.'),
      check: ownCheck.default(true).describe('Whether they are tested, or how they are tested differently.'),
      ...options,
    }),
  )
  .default({})
  .describe('Servers that a name server names, by the beginning of their names: web1, web2, ….');
