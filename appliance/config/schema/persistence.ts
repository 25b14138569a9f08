import { z } from 'zod';
import { conditions } from './condition.ts';
import { readings } from './reading.ts';
import { sample } from './rule.ts';
import { advise, duration, fileName, tableReference, text } from './scalar.ts';

const COOKIE_WORDS = [
  'insert',
  'prefix',
  'rewrite',
  'indirect',
  'nocache',
  'postonly',
  'preserve',
  'httponly',
  'secure',
  'dynamic',
] as const;

/** Keys of a cookie that are not its name. */
const COOKIE_KEYS: readonly string[] = ['maxidle', 'maxlife', 'domain', 'attr', 'dynamic-cookie-key'];

const domain = () =>
  text(
    'a domain',
    /^\.?[A-Za-z0-9][A-Za-z0-9-]{0,62}(?:\.[A-Za-z0-9-]{1,63})+$/,
    'with a dot, such as shop.example: browsers ignore others',
  );

/** A cookie that names the server of a client. */
export const cookie = z
  .object({
    maxidle: duration().optional().describe('A cookie unused for this long is ignored.'),
    maxlife: duration().optional().describe('A cookie older than this is ignored.'),
    domain: z
      .union([domain(), z.array(domain()).min(1, 'name a domain')])
      .optional()
      .describe('The domain that the cookie is for, or a list of them.'),
    attr: z
      .array(text('an attribute', /^[A-Za-z0-9][A-Za-z0-9=.:/_-]{0,127}$/, 'such as SameSite=Lax'))
      .default([])
      .describe('Further attributes for browsers: SameSite=Lax.'),
    'dynamic-cookie-key': fileName('secrets')
      .register(readings, { kind: 'file', folder: 'secrets' })
      .optional()
      .describe(
        'With the word dynamic: a file in the folder secrets; what it holds makes the values of the cookie from addresses and ports of servers.',
      ),
  })
  .catchall(z.array(z.enum(COOKIE_WORDS)))
  .check((context) => {
    const add = (message: string, path: string[] = []) => context.issues.push({ code: 'custom', message, path, input: context.value });
    const names = Object.keys(context.value).filter((key) => !COOKIE_KEYS.includes(key));
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
    const isDynamic = words.includes('dynamic');
    if (isDynamic !== (context.value['dynamic-cookie-key'] !== undefined))
      add(
        isDynamic
          ? advise('the word dynamic needs a dynamic-cookie-key', 'the name of a file in the folder secrets')
          : 'dynamic-cookie-key needs the word dynamic',
        [isDynamic ? key : 'dynamic-cookie-key'],
      );
    if (isDynamic && !words.includes('insert')) add('dynamic needs the word insert', [key]);
    if (kinds.length > 1) add(`${kinds.join(' and ')} do not go together`, [key]);
    if (words.includes('rewrite') && words.includes('indirect')) add('rewrite and indirect do not go together', [key]);
    if (words.includes('preserve') && !words.includes('insert') && !words.includes('indirect'))
      add('preserve needs the word insert or indirect', [key]);
    if ((context.value.maxidle !== undefined || context.value.maxlife !== undefined) && !words.includes('insert'))
      add('maxidle and maxlife need the word insert', [key]);
  });

/** What a stick rule does. */
export const STICK_VERBS = ['on', 'match', 'store-request', 'store-response'] as const;

const stickRule = z
  .strictObject({
    on: sample().optional().describe('Keeps what this sample names at its server: matches a request, and stores its server.'),
    match: sample().optional().describe('Sends a request to the server that the table has for this sample.'),
    'store-request': sample().optional().describe('Stores the server of a request for this sample of the request.'),
    'store-response': sample().optional().describe('Stores the server of a request for this sample of its response, such as res.cook(ID).'),
    table: tableReference().describe('The stick table.'),
    ...conditions,
  })
  .check((context) => {
    const given = STICK_VERBS.filter((verb) => context.value[verb] !== undefined);
    if (given.length === 1 || context.issues.length > 0) return;
    const message =
      given.length === 0
        ? advise('the rule does nothing', `its first key is one of ${STICK_VERBS.join(', ')}`)
        : advise(`a rule has one verb, here are ${given.join(' and ')}`, 'write one rule for each');
    context.issues.push({ code: 'custom', message, input: context.value });
  });

const conditional = (description: string) =>
  z
    .array(
      z.strictObject(conditions).check((context) => {
        if (Object.keys(context.value).length > 0 || context.issues.length > 0) return;
        context.issues.push({ code: 'custom', message: advise('there is no condition', 'write if: or unless:'), input: context.value });
      }),
    )
    .default([])
    .describe(description);

/** How a backend keeps clients at their servers, besides its cookie. */
export const persistence = {
  stick: z.array(stickRule).default([]).describe('Rules that keep clients at their servers by a stick table, in order.'),
  persist: z
    .strictObject({
      'rdp-cookie': z
        .union([z.literal(true), text('the name of an RDP cookie', /^[A-Za-z0-9_-]{1,32}$/)])
        .describe('The cookie of RDP that names the server of a session; true means msts, which Windows sets.'),
    })
    .optional()
    .describe('Keeps RDP sessions at the server that their cookie names.'),
  'force-persist': conditional('When clients of a server that is down are sent to it all the same, such as those who test it.'),
  'ignore-persist': conditional('When a server is chosen anew, whatever cookies and stick tables say.'),
};
