import { expect, test } from 'vitest';
import { addMap, isUnknownKey, parseMap, setMap, valuesIn, withEntry, wrongEntry } from '../../proxy/haproxy/map.ts';

const text = '# comment\n\n192.0.2.1  one two \n  192.0.2.2 b\r\n192.0.2.1 again\n';

test('a key of a file has its values, in order', () => {
  expect(valuesIn(text, '192.0.2.1')).toEqual(['one two', 'again']);
  expect(valuesIn(text, '192.0.2.2')).toEqual(['b']);
  expect(valuesIn(text, '#')).toEqual([]);
});

test('a file changes where its key stands, and nowhere else', () => {
  expect(withEntry(text, '192.0.2.2', 'c')).toBe('# comment\n\n192.0.2.1  one two \n192.0.2.2 c\n192.0.2.1 again\n');
  expect(withEntry(text, '192.0.2.1', null)).toBe('# comment\n\n  192.0.2.2 b\r\n');
  expect(withEntry(text, '192.0.2.3', 'new')).toBe(`${text}192.0.2.3 new\n`);
  expect(withEntry('a b', 'c', 'd')).toBe('a b\nc d\n');
  expect(withEntry('', 'c', 'd')).toBe('c d\n');
  expect(withEntry(withEntry(text, 'x', '1'), 'x', null)).toBe(text);
});

test('what goes into a command is one word each, and what no file can hold is refused', () => {
  expect(setMap('/run/weir/maps/a.map', 'k;ey', 'a b\\"')).toBe('set map /run/weir/maps/a.map k\\;ey a\\ b\\\\\\"\n');
  expect(() => addMap('/run/weir/maps/a.map', 'a\nb', 'c')).toThrow('one word');
  for (const [key, value] of [
    ['a b', 'c'],
    ['#a', 'c'],
    ['', 'c'],
    ['a', ' c'],
    ['a', 'c\n'],
    ['a', ''],
  ] as const)
    expect(wrongEntry(key, value)).not.toBeNull();
  expect(wrongEntry('a', 'b c')).toBeNull();
});

test("HAProxy's answers are read", () => {
  expect(parseMap('0x55d0 /one first\n0x55d1 /two second word\n\n')).toEqual([
    { key: '/one', value: 'first' },
    { key: '/two', value: 'second word' },
  ]);
  expect(isUnknownKey('entry not found.\n')).toBe(true);
  expect(isUnknownKey('\n')).toBe(false);
});
