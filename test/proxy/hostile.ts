import fc from 'fast-check';
import type { DataPlane } from '../../proxy/model.ts';
import { answered, backend, bind, checkSettings, frontend, plane, redirected, server } from './example.ts';

const bites = [
  "'",
  '"',
  '#',
  '\\',
  '$',
  '{',
  '}',
  `${'$'}{HOME}`,
  '%[src]',
  '%',
  ' ',
  '  ',
  '(',
  ')',
  ',',
  '!',
  'or',
  '||',
  '--',
  '-f',
  'ü',
  '\u2028',
  '@',
  '&',
  '~',
];

/** Strings made of what means something to a configuration reader; no control characters, which the schema refuses. */
export const hostileString: fc.Arbitrary<string> = fc
  .array(fc.oneof({ weight: 3, arbitrary: fc.constantFrom(...bites) }, { weight: 1, arbitrary: fc.string({ maxLength: 4 }) }), {
    minLength: 1,
    maxLength: 8,
  })
  .map((parts) => parts.join('').replace(/\p{Cc}/gu, '.'))
  // the schema refuses a text that is empty
  .filter((text) => text !== '');

/** A log-format string that yields this text. */
export const asFormat = (text: string): string => text.replaceAll('%', '%%');

/** A data plane that has these texts in every place where a document may have any text. */
export function hostilePlane(texts: readonly string[]): DataPlane {
  return plane({
    acls: texts.map((text, index) => ({
      name: `acl${index}`,
      condition: { kind: 'sample', sample: 'path', test: { kind: 'patterns', patterns: [`/${text}`, `/${text}/`] } },
    })),
    frontends: [
      frontend('web', [bind('127.0.0.1', 80)], 'app', {
        spoe: ['judge'],
        rules: {
          'http-request': texts.flatMap((text, index) => [
            {
              action: redirected('location', `/${asFormat(text)}`, 302),
              condition: { kind: 'acl', acl: `acl${index}` },
            },
            {
              action: {
                kind: 'return',
                status: 200,
                contentType: 'text/plain',
                body: { kind: 'string', text: `.${text}` },
                headers: { 'X-Text': `.${asFormat(text)}` },
              },
              condition: { kind: 'acl', acl: `acl${index}` },
            },
            { action: { kind: 'set-var-fmt', formats: { 'txn.text': `.${asFormat(text)}` } }, condition: null },
            { action: { kind: 'set-path', format: `/${asFormat(text)}` }, condition: null },
            {
              action: { kind: 'set-header', headers: { 'X-Text': `.${asFormat(text)}` } },
              condition: { kind: 'sample', sample: 'path', test: { kind: 'patterns', patterns: [`/${text}`] } },
            },
            {
              action: answered('deny', 403),
              condition: { kind: 'not', of: { kind: 'sample', sample: 'path_end', test: { kind: 'patterns', patterns: [`/${text}`] } } },
            },
          ]),
          'http-response': texts.map((text) => ({
            action: { kind: 'add-header', headers: { 'X-Text': `.${asFormat(text)}` } },
            condition: null,
          })),
        },
      }),
    ],
    spoeAgents: [
      {
        name: 'judge',
        backend: 'agents',
        messages: texts.map((text, index) => ({
          name: `m${index}`,
          args: [{ name: null, sample: 'path' }],
          event: 'on-frontend-http-request',
          condition: {
            kind: 'any',
            of: [
              { kind: 'acl', acl: `acl${index}` },
              { kind: 'sample', sample: 'query', test: { kind: 'patterns', patterns: [`.${text}`] } },
            ],
          },
        })),
        groups: {},
        timeouts: { hello: '1s', idle: '1m', processing: '1s' },
        settings: {},
        options: {},
        variables: [],
        targets: [],
      },
    ],
    backends: [
      backend('agents', [server('agent1', '127.0.0.1', 82)], { mode: 'tcp' }),
      backend('app', [server('app1', '127.0.0.1', 81)]),
      ...texts.map((text, index) =>
        backend(`b${index}`, [server('app1', '127.0.0.1', 81)], {
          check: {
            kind: 'http',
            method: 'GET',
            path: `/${text}`,
            host: null,
            headers: { 'X-Text': `.${text}` },
            expect: ['string', text],
            ...checkSettings,
          },
        }),
      ),
    ],
  });
}
