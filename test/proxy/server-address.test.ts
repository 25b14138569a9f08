import { expect, test } from 'vitest';
import { addressIn, portsBeside, withAddress } from '../../proxy/haproxy/server-address.ts';
import { isMoved, setAddress } from '../../proxy/haproxy/server-state.ts';

const config = `global
    description "weir 0123456789ab"

backend app from http
    # a comment
    tcp-check connect port 9001
    default-server check port 9000 agent-check agent-port 9002
    server app1 10.20.0.11:8080 id 1 guid server:app:app1
    server app10 [2001:db8::1]:8080 id 2

backend apple from http
    server app2 10.20.0.12:8080 id 3 port 70000
backend a.b
    server x 10.20.0.13:80
`;

test("a server's address is found in its own backend and nowhere else", () => {
  expect(addressIn(config, 'app', 'app1')).toBe('10.20.0.11:8080');
  expect(addressIn(config, 'app', 'app10')).toBe('[2001:db8::1]:8080');
  expect(addressIn(config, 'app', 'app2')).toBeNull();
  expect(addressIn(config, 'appl', 'app2')).toBeNull();
  expect(addressIn(config, 'apple', 'app2')).toBe('10.20.0.12:8080');
  expect(addressIn(config, 'a.b', 'x')).toBe('10.20.0.13:80');
  expect(addressIn(config, 'a-b', 'x')).toBeNull();
});

test('is changed alone', () => {
  const moved = withAddress(config, 'app', 'app1', '[2001:db8::2]:81');
  expect(moved).toBe(config.replace('10.20.0.11:8080', '[2001:db8::2]:81'));
  expect(withAddress(config, 'app', 'app2', '10.0.0.1:1')).toBe(config);
});

test('its checks and its agent may ask at other ports of the same address', () => {
  expect(portsBeside(config, 'app').toSorted()).toEqual([9000, 9001, 9002]);
  expect(portsBeside(config, 'apple')).toEqual([]);
  expect(portsBeside(config, 'none')).toEqual([]);
});

test('nothing but an address goes into the command, and its answer is told from a refusal', () => {
  expect(setAddress('app', 'app1', '2001:db8::1', 80)).toBe('set server app/app1 addr 2001:db8::1 port 80\n');
  expect(() => setAddress('app', 'app1', '10.0.0.1 port 1;', 80)).toThrow('not an address');
  expect(isMoved("IP changed from '10.0.0.1' to '10.0.0.2', port changed from '80' to '81' by 'stats socket command'")).toBe(true);
  expect(isMoved("port changed from '80' to '81' by 'stats socket command'")).toBe(true);
  expect(isMoved('nothing changed')).toBe(true);
  expect(isMoved("Invalid addr 'x'")).toBe(false);
  expect(isMoved('HAProxy does not answer')).toBe(false);
});
