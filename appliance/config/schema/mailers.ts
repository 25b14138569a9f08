import { z } from 'zod';
import { parseEndpoint } from './address.ts';
import { advise, checkedText, duration, name, reference, text } from './scalar.ts';

const mailer = checkedText('a mail server', (value) => {
  const endpoint = parseEndpoint(value);
  if (typeof endpoint === 'string') return endpoint.replace(' or name.example:8080', '').replaceAll(':8080', ':25');
  return endpoint.address === null
    ? advise('a mail server needs an address', 'write it in the place of the name: HAProxy would look that up once, at the start')
    : null;
});

/** A mail address as SMTP takes it (RFC 5321, 4.1.2), without quoted forms. */
const mailbox = () => text('a mail address', /^[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9.-]{1,255}$/, 'such as weir@shop.example');

/** Mail servers by the name of the section. */
export const mailers = z
  .record(
    name(),
    z.strictObject({
      mailer: z
        .record(name(), mailer)
        .refine((map) => Object.keys(map).length > 0, 'name a mail server')
        .describe('The mail servers by name, an address and a port each; every one gets every mail, by SMTP without TLS.'),
      timeout: z
        .strictObject({ mail: duration().optional().describe('How long a mail may take until it is tried again; 10s unless given.') })
        .default({})
        .describe('How long is waited.'),
    }),
  )
  .default({})
  .describe('Mail servers by the name of the section, for email-alert.');

/** When mail is sent, and to whom. */
export const emailAlert = z
  .strictObject({
    mailers: reference('mailers').optional().describe('The mail servers.'),
    from: mailbox().optional().describe('The address of the sender.'),
    to: mailbox().optional().describe('The address that it is sent to.'),
    level: z
      .enum(['emerg', 'alert', 'crit', 'err', 'warning', 'notice', 'info', 'debug'])
      .optional()
      .describe('What is told: alert when a server goes down, notice when it comes back too, info each check; alert unless given.'),
    myhostname: text('a host name', /^[A-Za-z0-9.-]{1,255}$/)
      .optional()
      .describe("The name that mail servers are greeted with; this node's unless given."),
  })
  .optional()
  .describe('Mail when a server changes its state; what is not said here is that of defaults.');

/** The words of `email-alert`. */
export const EMAIL_ALERT_WORDS: readonly string[] = ['mailers', 'from', 'to', 'level', 'myhostname'];
