import { expect, test } from 'vitest';
import { parseServerStates, setState } from '../../proxy/haproxy/server-state.ts';

test("a worker's servers are read, whatever state they are in", () => {
  const row = (name: string, admin: number) => `3 app 7 ${name} 192.0.2.254 2 ${admin} 3 50 6 6 3 4 6 0 0 1 - 8081 - 0 0 - - 0`;
  const states = parseServerStates(`1\n# be_id\n${[0, 1, 2, 4, 5, 8, 12, 16, 32].map((admin) => row(`s${admin}`, admin)).join('\n')}\n\n`);
  expect(states[0]).toEqual({
    backend: 'app',
    server: 's0',
    address: '192.0.2.254',
    port: 8081,
    name: null,
    admin: 'ready',
    configuredAdmin: 'ready',
    weight: 3,
    configuredWeight: 50,
  });
  expect(states.map(({ admin }) => admin)).toEqual(['ready', 'maint', 'maint', 'ready', 'maint', 'drain', 'drain', 'drain', 'ready']);
  expect(states.map(({ configuredAdmin }) => configuredAdmin)[3]).toBe('maint');
  expect(parseServerStates('2\n# other\n')).toEqual([]);
  expect(parseServerStates('')).toEqual([]);
});

test('nothing but a name goes into a command', () => {
  expect(setState('app', 'app1', 'drain')).toBe('set server app/app1 state drain\n');
  expect(() => setState('app', 'app1 state maint;', 'drain')).toThrow('not the name');
});
