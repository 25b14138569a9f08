import { expect, test } from 'vitest';
import { describe } from '../../appliance/state/diff.ts';

/** A configuration of so many servers, each with words behind it. */
const servers = (count: number, words: string) => ['global', ...Array.from({ length: count }, (_, n) => `server app${n}${words}`), 'end'];

function diffOf(before: readonly string[], after: readonly string[]): readonly string[] {
  const held = (lines: readonly string[]) => ({ content: `${lines.join('\n')}\n`, mode: 0o600, owner: 'root:root' });
  const { changes } = describe([{ kind: 'write', path: '/run/weir/haproxy.cfg', before: held(before), after: held(after) }]);
  return changes[0]?.diff ?? [];
}

test('a few changes are shown where they are', () => {
  const after = servers(1000, '').with(500, 'server other');
  expect(diffOf(servers(1000, ''), after)).toEqual([
    '@@ -499,5 +499,5 @@',
    ' server app497',
    ' server app498',
    '-server app499',
    '+server other',
    ' server app500',
    ' server app501',
  ]);
});

test('a document of which every line changes is compared without an end to wait for, and every line is shown', () => {
  const diff = diffOf(servers(20_000, ''), servers(20_000, ' weight 2'));
  expect(diff[0]).toBe('@@ too many changes to show each in its place: 20000 lines go, 20000 come @@');
  expect(diff.slice(1)).toEqual([
    ...servers(20_000, '')
      .slice(1, -1)
      .map((line) => `-${line}`),
    ...servers(20_000, ' weight 2')
      .slice(1, -1)
      .map((line) => `+${line}`),
  ]);
});

test('lines that are there more than once are counted', () => {
  const many = Array.from({ length: 3000 }, (_, n) => [`backend ${n}`, 'balance leastconn']).flat();
  const diff = diffOf(['global', ...many.slice(0, 2000)], ['defaults', ...many]);
  expect(diff.filter((line) => line === '+balance leastconn')).toHaveLength(2000);
  expect(diff.filter((line) => line.startsWith('-'))).toEqual(['-global']);
});

test('a key of cookies shows that it changes, and not what it is', () => {
  const key = (digits: string) => ['backend app', `    dynamic-cookie-key ${digits.repeat(16)}`];
  expect(diffOf(key('abcd'), key('0123')).slice(1)).toEqual([
    ' backend app',
    '-    dynamic-cookie-key abcd… [secret]',
    '+    dynamic-cookie-key 0123… [secret]',
  ]);
});
