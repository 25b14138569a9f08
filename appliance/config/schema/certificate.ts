import { z } from 'zod';
import { quote } from '../problem.ts';
import { isHostName } from './address.ts';
import { advise, checkedText, fileName, name } from './scalar.ts';
import { certificateTls, NEEDS_CA } from './tls.ts';

const serverName = checkedText('a server name', (value) =>
  isHostName(value.replace(/^!/, '').replace(/^\*\./, ''))
    ? null
    : advise(`${quote(value)} is not a server name`, 'such as shop.example, "*.shop.example" or "!old.shop.example"'),
);

/** Certificates by name. */
export const certificates = z
  .record(
    name(),
    z
      .strictObject({
        pem: fileName('certificates').describe('The file with certificate, chain and key.'),
        ecdsa: fileName('certificates').optional().describe('A second file with an ECDSA certificate, for clients that prefer it.'),
        sni: z
          .array(serverName)
          .default([])
          .describe('Server names that it is for, "*." for one label, "!" for all but this; those in the certificate unless given.'),
        ocsp: z
          .literal('auto')
          .optional()
          .describe('With auto, what its CA says of its validity is fetched while running and shown to clients (OCSP stapling).'),
        ...certificateTls,
      })
      .check((context) => {
        const { value } = context;
        const add = (message: string, path: string[]) => context.issues.push({ code: 'custom', message, path, input: value });
        if (value.sni.length > 0 && value.sni.every((each) => each.startsWith('!')))
          add(advise('sni says only what the certificate is not for', 'name a server, such as "*.shop.example"'), ['sni']);
        if (value.alpn?.includes('h3')) add(advise('h3 is offered by a bind', 'write alpn: [h3, h2, http/1.1] there'), ['alpn']);
        if (value['ca-file'] !== undefined) return;
        for (const key of NEEDS_CA) {
          const given = (value as Readonly<Record<string, unknown>>)[key];
          if (given !== undefined && given !== false)
            add(advise(`${key} needs a ca-file`, 'name the file of the CA that signs client certificates'), [key]);
        }
      }),
  )
  .default({})
  .describe('TLS certificates of the frontends, by name.');
