import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DEEPEST_NESTING, LARGEST_DOCUMENT, readSource } from '../../appliance/config/source.ts';

const messages = (text: string) =>
  readSource(text, 'config.yaml').problems.map(({ line, column, message }) => `${line}:${column}: ${message}`);

describe('the text of a document', () => {
  test('plain YAML becomes plain values', () => {
    const { value, problems } = readSource('a: { b: [1, "2", true, null, 1.5, yes, 0x10] }\nc:\n', 'config.yaml');
    expect(problems).toEqual([]);
    expect(value).toEqual({ a: { b: [1, '2', true, null, 1.5, 'yes', 16] }, c: null });
  });

  test('a problem is located at its value, at its key, or at the deepest thing that is there', () => {
    const { locate } = readSource('version: 1\nbackends:\n  app:\n    servers: { a: 10.0.0.1:80 }\n    empty:\n', 'config.yaml');
    const place = (at: readonly (string | number)[], on?: 'key') => {
      const { line, column } = locate({ at, message: '', ...(on === undefined ? {} : { on }) });
      return [line, column];
    };
    expect(place(['backends', 'app', 'servers', 'a'])).toEqual([4, 19]);
    expect(place(['backends', 'app', 'servers', 'a'], 'key')).toEqual([4, 16]);
    expect(place(['backends', 'app'])).toEqual([3, 3]);
    expect(place(['backends', 'app', 'balance'])).toEqual([3, 3]);
    expect(place(['backends', 'app', 'empty'])).toEqual([5, 5]);
    expect(place([])).toEqual([1, 1]);
  });

  test('the excerpt has the line and a caret below the place, also in a long line', () => {
    const line = `a: [${'1234567890, '.repeat(100)}x, "${'y'.repeat(300)}"]`;
    const { locate } = readSource(line, 'config.yaml');
    const { excerpt, column } = locate({ at: ['a', 100], message: '' });
    const [shown = '', caret = ''] = excerpt.split('\n');
    expect(column).toBe(line.indexOf('x, "') + 1);
    expect(shown.length).toBeLessThan(120);
    expect(shown[caret.indexOf('^')]).toBe('x');
  });

  test('a document of 50 MB is refused by its size before it is read', () => {
    expect(messages('a'.repeat(50 * 1024 * 1024))).toEqual(['1:1: the document is too large: 50 MB, at most 16 MB are read']);
    expect(LARGEST_DOCUMENT).toBe(16 * 1024 * 1024);
  });

  test.each([
    ['lists in a line', '['.repeat(100_000)],
    ['maps in a line', '{a: '.repeat(100_000)],
    ['lists by dashes', '- '.repeat(100_000)],
    ['keys by question marks', '? '.repeat(100_000)],
    ['maps by indentation', Array.from({ length: 1000 }, (_, depth) => `${' '.repeat(depth)}a:`).join('\n')],
  ])('nesting without end is refused where it is too deep: %s', (_, text) => {
    expect(messages(text)).toEqual([expect.stringMatching(new RegExp(`nest deeper than ${DEEPEST_NESTING} levels$`))]);
  });

  test('a text without end is refused, and soon', () => {
    expect(messages(`a: ${'x'.repeat(1_000_000)}`)).toEqual(['1:4: this text has 1000000 characters, at most 8192 are read']);
  });

  test('millions of small parts are refused before they fill the memory', () => {
    expect(messages(`[${'1,'.repeat(2_000_000)}]`)).toEqual([expect.stringMatching(/too many parts$/)]);
  }, 60_000);

  test.each(['\0version: 1', 'version: 1\n\0'])('a file that is no text is refused', (text) => {
    expect(messages(text)).toEqual([expect.stringMatching(/NUL byte$/)]);
  });

  test('an unknown word in the wrong place of a line of a secret does not show the secret', () => {
    for (const text of [
      'system: { admin: { password: hunter2 }, x: &a b }',
      "system:\n  admin:\n    password: 'hunter2' }\n",
      'system: { admin: { "password": "hunter2", } ] }',
      'system:\n  admin:\n    password: "hunter2\n',
      'system: { admin: { password: hunter2\n',
    ]) {
      const { problems } = readSource(text, 'config.yaml');
      expect(problems.length).toBeGreaterThan(0);
      expect(JSON.stringify(problems)).not.toContain('hunter2');
    }
  });

  test('line breaks within what YAML does not expect are counted', () => {
    const { problems } = readSource('[""a{a\na', 'config.yaml');
    expect(problems.at(-1)).toMatchObject({ line: 2, column: 2 });
  });

  test('what is wrong in one place is said once', () => {
    const { problems } = readSource('version: 1\nnodes: {lb1: {links: {\n', 'config.yaml');
    expect(problems.map(({ message }) => message)).toEqual(['a { or [ above is not closed']);
  });

  test('no text makes it throw, and every problem has a place in the text', () => {
    const yaml = fc.array(
      fc.constantFrom(
        'a',
        ': ',
        '- ',
        '\n',
        '  ',
        '[',
        ']',
        '{',
        '}',
        ', ',
        '"',
        "'",
        '|',
        '>',
        '&a ',
        '*a',
        '!t ',
        '#',
        '? ',
        '%',
        '---',
        '\t',
        '\r',
        '@',
        '`',
        '\\',
        '1',
        '\u0007',
        '\u2028',
        '\ud800',
        'é',
      ),
      { maxLength: 40 },
    );
    fc.assert(
      fc.property(
        fc.oneof(
          yaml.map((parts) => parts.join('')),
          fc.string({ unit: 'binary', maxLength: 60 }),
        ),
        (text) => {
          const { value, problems } = readSource(text, 'config.yaml');
          const lines = text.split('\n');
          for (const { line, column, message, excerpt } of problems) {
            expect(message).not.toBe('');
            expect(line).toBeGreaterThanOrEqual(1);
            expect(line).toBeLessThanOrEqual(lines.length);
            expect(column).toBeLessThanOrEqual((lines[line - 1]?.length ?? 0) + 2);
            // biome-ignore lint/suspicious/noControlCharactersInRegex: none may be printed
            expect(`${message}${excerpt}`).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u2028]/);
          }
          return value !== undefined || problems.length > 0;
        },
      ),
      { numRuns: 1000 },
    );
  }, 60_000);
});
