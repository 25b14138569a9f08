import { describe, expect, test } from 'vitest';
import { withServerWords } from '../../appliance/config/server-edit.ts';

const document = `# the shop
version: 1
backends: # all of them
  app:
    balance: leastconn   # the shortest queue
    servers: # three of them
      # the first
      app1: 10.0.0.1:8081 # by the door
      app2: { address: 10.0.0.2:8082, weight: 2 }  # the big one
      app3:
        address: "[2001:db8::3]:8083"   # new

        disabled: true
        maxconn: 20
  plain:
    servers: { a: 10.0.0.1:80,   b: 10.0.0.2:80 }
  template:
    server-template: { web: { address: "web.example:80", count: 3 } }
`;

const edited = (edits: Parameters<typeof withServerWords>[1], text = document) => {
  const result = withServerWords(text, edits);
  if (result.kind === 'refused') throw new Error(result.reasons.join());
  return result.text;
};

/** The lines that differ. */
function difference(after: string, before = document): readonly (readonly [string, string])[] {
  const [a, b] = [before.split('\n'), after.split('\n')];
  return [
    ...a.filter((line) => !b.includes(line)).map((line) => ['-', line] as const),
    ...b.filter((line) => !a.includes(line)).map((line) => ['+', line] as const),
  ];
}

describe('words of servers are written into a document', () => {
  test('whose other bytes stay', () => {
    const after = edited([
      { backend: 'app', server: 'app1', words: { weight: 50 } },
      { backend: 'app', server: 'app2', words: { weight: 0, address: '[2001:db8::9]:80' } },
      { backend: 'app', server: 'app3', words: { weight: 3, disabled: null, address: '10.0.0.3:1' } },
    ]);
    expect(difference(after)).toEqual([
      ['-', '      app1: 10.0.0.1:8081 # by the door'],
      ['-', '      app2: { address: 10.0.0.2:8082, weight: 2 }  # the big one'],
      ['-', '        address: "[2001:db8::3]:8083"   # new'],
      ['-', '        disabled: true'],
      ['+', '      app1: { address: 10.0.0.1:8081, weight: 50 } # by the door'],
      ['+', '      app2: { address: "[2001:db8::9]:80", weight: 0 }  # the big one'],
      ['+', '        address: 10.0.0.3:1   # new'],
      ['+', '        weight: 3'],
    ]);
  });

  test('of the short form, which stays short for another address', () => {
    expect(difference(edited([{ backend: 'app', server: 'app1', words: { address: '10.0.0.9:80' } }]))).toEqual([
      ['-', '      app1: 10.0.0.1:8081 # by the door'],
      ['+', '      app1: 10.0.0.9:80 # by the door'],
    ]);
  });

  test('with the weight that the others have, where none had said any', () => {
    expect(
      difference(
        edited([
          { backend: 'plain', server: 'a', words: { weight: 50 } },
          { backend: 'plain', server: 'b', words: { disabled: true, weight: 7 } },
        ]),
      ),
    ).toEqual([
      ['-', '    servers: { a: 10.0.0.1:80,   b: 10.0.0.2:80 }'],
      ['+', '    default-server: { weight: 1 }'],
      ['+', '    servers: { a: { address: 10.0.0.1:80, weight: 50 },   b: { address: 10.0.0.2:80, disabled: true, weight: 7 } }'],
    ]);
    const flow = 'backends: { app: { default-server: { maxconn: 3, }, servers: { a: "10.0.0.1:80" } } }';
    expect(edited([{ backend: 'app', server: 'a', words: { weight: 5 } }], flow)).toBe(
      'backends: { app: { default-server: { maxconn: 3, weight: 1, }, servers: { a: { address: 10.0.0.1:80, weight: 5 } } } }',
    );
  });

  test('whatever its lines end with, and without an end of the last', () => {
    const windows =
      'backends:\r\n  a:\r\n    default-server: { weight: 1 }\r\n    servers:\r\n      x:\r\n        disabled: true\r\n        address: 10.0.0.1:80';
    expect(edited([{ backend: 'a', server: 'x', words: { weight: 5, disabled: null } }], windows)).toBe(
      windows.replace('        disabled: true\r\n', '').concat('\r\n        weight: 5'),
    );
  });

  test('of keys that YAML reads as something else', () => {
    const odd = 'backends: { "true": { servers: { null1: 10.0.0.1:80, false: { weight: 4, address: 10.0.0.2:80 } } } }';
    expect(edited([{ backend: 'true', server: 'false', words: { weight: 5 } }], odd)).toBe(odd.replace('weight: 4', 'weight: 5'));
  });

  test('and what has no place there is said', () => {
    expect(withServerWords(document, [{ backend: 'template', server: 'web1', words: { weight: 5 } }])).toEqual({
      kind: 'refused',
      reasons: [expect.stringContaining('backends.template.servers.web1 is not in the document')],
    });
    const inherited = 'backends: { app: { default-server: { disabled: true }, servers: { a: "10.0.0.1:80" } } }';
    expect(withServerWords(inherited, [{ backend: 'app', server: 'a', words: { disabled: null } }])).toEqual({
      kind: 'refused',
      reasons: ['backends.app.servers.a has "disabled" of default-server: take it away there'],
    });
    expect(withServerWords(document, [{ backend: 'none', server: 'web1', words: { weight: 5 } }])).toMatchObject({ kind: 'refused' });
  });
});
