import { describe, expect, test } from 'vitest';
import { parseComplaints, placeOfComplaint } from '../../proxy/haproxy/complaint.ts';
import type { Place } from '../../proxy/haproxy/line.ts';
import { renderHaproxy } from '../../proxy/haproxy/render.ts';
import { bind, frontend, machine, plane } from './example.ts';

/** As HAProxy 3.0.11 answered to `haproxy -c -dW`. */
const said = [
  '[NOTICE]   (21265) : haproxy version is 3.0.11-1+deb13u5',
  "[ALERT]    (21265) : config : parsing [/run/weir/haproxy.cfg:3] : error detected while parsing an 'http-request deny' condition : regex '(' is invalid (error=missing closing parenthesis, erroffset=1).",
  "[WARNING]  (21265) : config : parsing [/run/weir/haproxy.cfg:4] : a 'http-request' rule placed after a 'use_backend' rule will still be processed before.",
  '[ALERT]    (1) : config : Parsing [/run/weir/haproxy.cfg:2]: failed to parse log-format-sd : not available here.',
  '  deny if',
  '  ^',
  "[ALERT]    (21265) : config : Proxy 'app': unable to find stick-table 'nix'.",
  "[ALERT]    (21265) : config : [/run/weir/haproxy.cfg:5] : 'server app/a' : unable to track app/b as it belongs to a tracking chain looping back to app/a.",
  '[ALERT]    (21265) : config : Error(s) found in configuration file : /run/weir/haproxy.cfg',
  '[ALERT]    (21265) : config : Fatal errors found in configuration.',
].join('\n');

const cfg = '/run/weir/haproxy.cfg';
const places: readonly (Place | null)[] = [
  null,
  ['frontends', 'web'],
  ['frontends', 'web', 'http-request', 0],
  ['frontends', 'web', 'extra', 0],
  ['backends', 'app', 'servers', 'a'],
  ['backends', 'app'],
];
const origins = new Map([[cfg, places]]);

describe('what haproxy -c says', () => {
  const complaints = parseComplaints(said);

  test('is its alerts and warnings, with their lines, without what only repeats that there were some', () => {
    expect(complaints.map(({ isFatal, line }) => [isFatal, line])).toEqual([
      [true, 3],
      [false, 4],
      [true, 2],
      [true, null],
      [true, 5],
    ]);
    expect(complaints[0]?.message).toBe(
      "error detected while parsing an 'http-request deny' condition : regex '(' is invalid (error=missing closing parenthesis, erroffset=1).",
    );
    expect(complaints[4]?.message).toMatch(/^'server app\/a' : unable to track/);
  });

  test('has the place of its line, or of the proxy that it names', () => {
    expect(complaints.map((complaint) => placeOfComplaint(complaint, origins))).toEqual([
      ['frontends', 'web', 'http-request', 0],
      ['frontends', 'web', 'extra', 0],
      ['frontends', 'web'],
      ['backends', 'app'],
      ['backends', 'app', 'servers', 'a'],
    ]);
  });

  test('is told of each where there are several at once', () => {
    const several = [
      '[ALERT]    (11) : config : multiple argument resolution errors:',
      "        parsing [/run/weir/haproxy.cfg:3]: error in regex 'a{5,1}' in arg 1 of conversion keyword 'regsub' for ACL keyword 'path' in proxy 'web' : regex 'a{5,1}' is invalid.",
      "        parsing [/run/weir/haproxy.cfg:5]: unable to find table 'x' referenced in arg 1 of sample fetch keyword 'table_cnt'.",
      '[ALERT]    (11) : config : Fatal errors found in configuration.',
    ].join('\n');
    const each = parseComplaints(several);
    expect(each.map(({ isFatal, line }) => [isFatal, line])).toEqual([
      [true, 3],
      [true, 5],
    ]);
    expect(each[1]?.message).toMatch(/^unable to find table/);
  });

  test('has no place where nothing of the document is named', () => {
    expect(placeOfComplaint({ isFatal: true, message: 'out of memory', file: null, line: null }, origins)).toBe(null);
    expect(placeOfComplaint({ isFatal: true, message: 'x', file: cfg, line: 1 }, origins)).toBe(null);
    expect(placeOfComplaint({ isFatal: true, message: "proxy 'other' x", file: null, line: null }, origins)).toBe(null);
  });

  test('is nothing where it says nothing', () => expect(parseComplaints('Configuration file is valid\n')).toEqual([]));
});

test('a script that does not run is told where the document names it', () => {
  const lua = [{ kind: 'lua-load', index: 1, file: '/run/weir/lua/run.lua', args: [] }] as const;
  const { config, origins } = renderHaproxy(plane({ global: { ...plane({}).global, lua } }), machine);
  const line = config.split('\n').indexOf('    lua-load /run/weir/lua/run.lua') + 1;
  const [complaint] = parseComplaints(
    `[ALERT]    (31248) : config : parsing [/run/weir/haproxy.cfg:${line}] : Lua runtime error: /run/weir/lua/run.lua:1: no`,
  );
  expect(complaint?.message).toBe('Lua runtime error: /run/weir/lua/run.lua:1: no');
  expect(complaint && placeOfComplaint(complaint, origins)).toEqual(['global', 'lua-load', 1]);
});

describe('what haproxy -c says of the configuration of an agent', () => {
  const messages = [{ name: 'check', args: [{ name: 'ip', sample: 'sr' }], event: 'on-client-session', condition: null }];
  const lists = { groups: {}, timeouts: {}, settings: {}, options: {}, variables: [], targets: [] };
  const frontends = [frontend('web', [bind('*', 80)], null, { spoe: ['judge'] })];
  const { origins, beside } = renderHaproxy(
    plane({ frontends, spoeAgents: [{ name: 'judge', backend: 'agents', messages, ...lists }] }),
    machine,
  );
  const path = '/run/weir/spoe/judge.conf';
  const number = (beside.get(path) ?? '').split('\n').indexOf('    args ip=sr') + 1;
  const places = (stderr: string) => parseComplaints(stderr).map((complaint) => placeOfComplaint(complaint, origins));

  test('has the place of its line there, and is not told again at the line that names the file', () => {
    const said = [
      `[ALERT]    (7) : config : parsing [${path}:${number}] : 'args': unknown fetch method 'sr'.`,
      `[ALERT]    (7) : config : parsing [/run/weir/haproxy.cfg:93] : 'filter' : 'Error(s) found in configuration file ${path}'`,
    ].join('\n');
    expect(places(said)).toEqual([['spoe-agents', 'judge', 'messages', 'check', 'args', 'ip']]);
  });

  test('has the place of the message that a line of haproxy.cfg is refused for', () => {
    const said = `[ALERT]    (7) : config : parsing [/run/weir/haproxy.cfg:93] : 'filter' : Ignore SPOE message 'check' at ${path}:${number - 1}: some args are not available here`;
    expect(places(said)).toEqual([['spoe-agents', 'judge', 'messages', 'check']]);
  });
});
