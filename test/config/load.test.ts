import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parse, stringify } from 'yaml';
import { z } from 'zod';
import { load } from '../../appliance/config/load.ts';
import { jsonSchema } from '../../appliance/config/schema.ts';
import { desiredState } from '../../appliance/state/desired.ts';
import { perFolder } from '../../appliance/state/folder.ts';
import { caseNames, testFiles } from '../support/cases.ts';

const root = join(import.meta.dirname, '../..');
const example = readFileSync(join(root, 'config.example.yaml'), 'utf8');
const files = testFiles();

/** Every path to a value of a tree. */
function leaves(value: unknown, at: readonly (string | number)[] = []): readonly (readonly (string | number)[])[] {
  if (typeof value !== 'object' || value === null) return [at];
  const entries = Array.isArray(value) ? value.map((item, index) => [index, item] as const) : Object.entries(value);
  return [at, ...entries.flatMap(([key, below]) => leaves(below, [...at, key]))];
}

/** A copy of a tree with another value at a path; `undefined` removes it. */
function changed(tree: unknown, [key, ...rest]: readonly (string | number)[], value: unknown): unknown {
  if (key === undefined) return value;
  if (Array.isArray(tree)) return tree.map((item, index) => (index === key ? changed(item, rest, value) : item));
  return { ...(tree as object), [key]: changed((tree as Record<string, unknown>)[key], rest, value) };
}

const tree: unknown = parse(example);
const places = leaves(tree).slice(1);

describe('loading a document', () => {
  test('whatever stands in the place of any value, it is loaded or refused with a place, and never throws', () => {
    const strange = fc.oneof(
      fc.constantFrom<unknown>(
        undefined,
        null,
        true,
        false,
        0,
        -1,
        1.5,
        1e300,
        2 ** 53,
        '',
        ' ',
        'x',
        'constructor',
        '__proto__',
        'toString',
        [],
        {},
        [[]],
        [{}],
        [null],
        { a: {} },
        '*:80',
        '10.0.0.1/24',
        '::1',
        '1s',
      ),
      fc.string({ unit: 'grapheme', maxLength: 20 }),
      fc.jsonValue({ maxDepth: 3 }),
    );
    fc.assert(
      fc.property(fc.constantFrom(...places), strange, (at, value) => {
        const text = stringify(changed(tree, at, value));
        const { config, problems } = load(text, { file: 'config.yaml', files: null });
        const errors = problems.filter(({ severity }) => severity !== 'warning');
        expect(config === null).toBe(errors.length > 0);
        // what is accepted can be rendered
        for (const node of Object.keys(config?.nodes ?? {}))
          if (config !== null) expect(desiredState(config, node, null, null).state.size).toBeGreaterThan(0);
        const count = text.split('\n').length;
        for (const { line, column, message, hint } of problems) {
          expect(line >= 1 && line <= count && column >= 1, `${line}:${column}`).toBe(true);
          expect(message).toMatch(/^\S(?:.*\S)?$/);
          // zod's own words have no place in a message to an operator
          expect(`${message} ${hint ?? ''}`).not.toMatch(/Invalid|Unrecognized|undefined|\[object|NaN|Too (?:small|big)/);
        }
      }),
      { numRuns: 200 },
    );
  }, 120_000);

  test('text with quotes, hashes, backslashes, ${} and %[ is carried literally; line breaks and controls are refused', () => {
    const hostile = fc
      .array(
        fc.constantFrom(
          '"',
          "'",
          '#',
          '\\',
          '${HOME}',
          '%[src]',
          ' ',
          '{',
          '}',
          '|',
          ';',
          'x',
          'é',
          '\n',
          '\r',
          '\t',
          '\u0000',
          '\u001b',
          '\u0085',
          '\u2028',
        ),
        { minLength: 1, maxLength: 8 },
      )
      .map((parts) => `a${parts.join('')}z`);
    const at = (text: string) => changed(tree, ['frontends', 'web', 'http-request', 1, 'redirect', 'location'], text);
    fc.assert(
      fc.property(hostile, (text) => {
        const { config } = load(stringify(at(text)), { file: 'config.yaml', files: null });
        // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is refused
        const isControlled = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/.test(text);
        expect(config === null).toBe(isControlled);
        const action = config?.proxy.frontends[0]?.rules['http-request']?.[1]?.action;
        if (!isControlled) expect(action).toMatchObject({ kind: 'redirect', format: text });
      }),
    );
  }, 60_000);

  test('names of things that every object has are names like others', () => {
    const text =
      'version: 1\nnodes: { lb1: { links: { front: { mac: 52:54:00:00:00:01, addresses: dhcp } } } }\nfrontends: { toString: { bind: [{ address: "*:80" }], default_backend: constructor } }\nbackends: { constructor: { servers: { valueOf: 10.0.0.1:80 } } }\n';
    expect(load(text, { file: 'config.yaml', files: null }).config?.proxy.backends[0]).toMatchObject({
      name: 'constructor',
      servers: [{ name: 'valueOf' }],
    });
    const dangling = load(text.replace('{ constructor: {', '{ app: {'), { file: 'config.yaml', files: null });
    expect(dangling.problems.map(({ message }) => message)).toEqual(['backend "constructor" is not defined']);
    // where frontend and backend must agree
    const split = text.replace('{ constructor: {', '{ app: {').replace('bind:', 'option: { splice-auto: false }, bind:');
    expect(load(split, { file: 'config.yaml', files: null }).problems.map(({ message }) => message)).toEqual([
      'backend "constructor" is not defined',
    ]);
  });

  test('of thousands of problems the first hundred are shown', () => {
    const backends = Array.from({ length: 5000 }, (_, index) => `  b${index}: { servrs: {} }`).join('\n');
    const { problems } = load(`version: 1\nnodes: {}\nbackends:\n${backends}\n`, { file: 'config.yaml', files: null });
    expect(problems).toHaveLength(101);
    expect(problems.at(-1)?.message).toMatch(/more problems/);
  });

  test('thousands of names that are not defined are told in good time', () => {
    const rules = Array.from({ length: 5000 }, (_, index) => `      - { backend: x${index}, if: { path: /${index} } }`).join('\n');
    const backends = Array.from({ length: 5000 }, (_, index) => `  b${index}: { servers: { a: 10.0.0.1:80 } }`).join('\n');
    const text = `version: 1\nnodes: { lb1: { links: { front: { mac: 52:54:00:00:00:01, addresses: dhcp } } } }\nfrontends:\n  web:\n    bind: [{ address: "*:80" }]\n    use_backend:\n${rules}\nbackends:\n${backends}\n`;
    expect(load(text, { file: 'config.yaml', files: null }).problems[0]?.hint).toMatch(/^did you mean "b\d+"\?$/);
  });
});

describe('documents that are made to break a program', () => {
  const base = 'version: 1\nnodes: { lb1: { links: { front: { mac: 52:54:00:00:00:01, addresses: dhcp } } } }\n';
  const frontend =
    'frontends: { web: { bind: [{ address: "*:80" }], http-request: [{ deny: true, if: k4000 }, { deny: true, if: k0 }] } }\n';
  const messages = (text: string) => load(text, { file: 'config.yaml', files: null }).problems.map(({ message }) => message);

  test.each([
    ['upwards', (index: number) => `k${index + 1}`, 'k4001'],
    ['downwards', (index: number) => (index === 0 ? 'end' : `k${index - 1}`), 'end'],
  ])('a chain of thousands of ACLs, %s', (_, next, end) => {
    const chain = Array.from({ length: 4001 }, (_, index) => `  k${index}: ${next(index)}`).join('\n');
    expect(messages(`${base}acls:\n${chain}\n  ${end}: { src: 10.0.0.1 }\n${frontend}`)).toEqual([
      expect.stringMatching(/more than 32 deep$/),
    ]);
  });

  test('a hundred thousand and more mistakes', () => {
    const servers = Array.from({ length: 200_000 }, (_, index) => `k${index}: 1`).join(', ');
    expect(messages(`${base}backends: { app: { servers: { ${servers} } } }\n`)).toEqual(['there are more mistakes than can be told']);
  }, 60_000);
});

describe('the JSON Schema', () => {
  const schema = z.fromJSONSchema(jsonSchema() as Parameters<typeof z.fromJSONSchema>[0]);

  test('it is draft-07, which editors know best, and closed', () => {
    expect(jsonSchema()).toMatchObject({
      $schema: 'http://json-schema.org/draft-07/schema#',
      type: 'object',
      additionalProperties: false,
      required: ['version', 'nodes'],
    });
  });

  test.each(caseNames)('it accepts the document of the case %s', (name) => {
    expect(schema.safeParse(parse(readFileSync(join(root, 'test/cases', name, 'config.yaml'), 'utf8'))).error?.issues ?? []).toEqual([]);
  });

  test('it accepts the example, and refuses it with a key that is not known', () => {
    expect(schema.safeParse(tree).success).toBe(true);
    expect(schema.safeParse(changed(tree, ['system', 'timezon'], 'UTC')).success).toBe(false);
    expect(schema.safeParse(changed(tree, ['backends', 'shop', 'blance'], 'first')).success).toBe(false);
  });
});

describe('the files beside a document', () => {
  test('without them nothing is said about them; with them the example is complete', () => {
    expect(load(example, { file: 'config.example.yaml', files: null }).problems).toEqual([]);
    expect(load(example, { file: 'config.example.yaml', files }).problems).toEqual([]);
    const none = perFolder(() => new Map<string, Uint8Array>());
    const messages = load(example, { file: 'config.example.yaml', files: none }).problems.map(({ message }) => message);
    expect(messages).toEqual([
      'the file certificates/shop.pem is missing',
      'the file certificates/shop-ec.pem is missing',
      'the file certificates/api.pem is missing',
      'the file certificates/partners-ca.pem is missing',
      'the file certificates/staff.pem is missing',
      'the file certificates/staff-ca.pem is missing',
      'the file certificates/staff-crl.pem is missing',
      'the file maps/blocked.map is missing',
      'the file maps/hosts.map is missing',
      'the file maps/countries.map is missing',
      'the file maps/scanners.list is missing',
      'the file pages/sorry.http is missing',
      'the file pages/sorry.http is missing',
      'the file certificates/internal-ca.pem is missing',
      'the file pages/sorry.html is missing',
      'the file pages/sorry.html is missing',
      'the file pages/sorry.html is missing',
      'the file pages/sorry.html is missing',
      'the file pages/sorry.html is missing',
      'the file pages/sorry.html is missing',
      'the file secrets/cookie.key is missing',
      'the file lua/site.lua is missing',
      'the file lua/threads.lua is missing',
    ]);
  });
});
