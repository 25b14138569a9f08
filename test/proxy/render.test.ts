import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { generationMark, renderHaproxy } from '../../proxy/haproxy/render.ts';
import { configWords } from '../support/haproxy-words.ts';
import { backend, bind, example, frontend, machine, plane, server } from './example.ts';
import { asFormat, hostilePlane, hostileString } from './hostile.ts';

const config = (...args: Parameters<typeof renderHaproxy>) => renderHaproxy(...args).config;
const lines = (text: string) => text.split('\n').map((line) => line.trim());
const tls = { verify: 'required', caFile: null, sni: null, alpn: [], options: {} } as const;

describe('haproxy.cfg', () => {
  test('is what an expert would write for the documented example', async () => {
    const { config, beside } = renderHaproxy(example, machine);
    await expect(config).toMatchFileSnapshot('example.cfg');
    expect([...beside]).toEqual([
      [
        '/run/weir/crt-lists/web-1.list',
        [
          '/run/weir/certificates/shop.pem shop.example www.shop.example',
          '/run/weir/certificates/shop-ec.pem shop.example www.shop.example',
          '/run/weir/certificates/api.pem [ca-file /run/weir/certificates/partners-ca.pem verify optional] api.shop.example',
          '',
        ].join('\n'),
      ],
    ]);
  });

  test('is the same for the same input', () =>
    expect(renderHaproxy(example, machine)).toEqual(renderHaproxy(structuredClone(example), machine)));

  test('carries the mark of all the rest, crt-lists included', () => {
    const text = config(example, machine);
    expect(text).toContain(`description "weir ${generationMark(text)}"`);
    expect(generationMark(text)).toMatch(/^[0-9a-f]{12}$/);
    const other = { ...example, certificates: example.certificates.map((each) => ({ ...each, sni: ['other.example'] })) };
    expect(generationMark(config(other, machine))).not.toBe(generationMark(text));
  });

  test('has threads and limits only where the machine is known', () => {
    expect(config(example, machine)).not.toMatch(/nbthread|^ {4}maxconn (?!40000)/m);
    const known = lines(config(example, { ...machine, threads: { nbthread: 6, threadGroups: 1, cpuMap: [] }, maxconn: 100_000 }));
    expect(known).toEqual(expect.arrayContaining(['nbthread 6', 'maxconn 100000']));
    expect(known.join('\n')).not.toMatch(/thread-groups|cpu-map/);
  });

  const bound = {
    nbthread: 96,
    threadGroups: 2,
    cpuMap: [
      { threads: 'auto:1/1-48', cpus: '0-23,64-87' },
      { threads: 'auto:2/1-48', cpus: '24-47,88-111' },
    ],
  };

  test('binds its threads to the CPUs that the plan has for them, in groups', () => {
    expect(lines(config(example, { ...machine, threads: bound }))).toEqual(
      expect.arrayContaining(['nbthread 96', 'thread-groups 2', 'cpu-map auto:1/1-48 0-23 64-87', 'cpu-map auto:2/1-48 24-47 88-111']),
    );
  });

  test.each(['nbthread 2', ' thread-groups 1', 'cpu-map 1/all 0-3', 'no numa-cpu-mapping'])(
    'leaves threads to raw lines that say %j',
    (raw) => {
      const known = lines(config({ ...example, extraGlobal: [raw] }, { ...machine, threads: bound }));
      expect(known.filter((each) => /^(nbthread 96|thread-groups 2|cpu-map auto)/.test(each))).toEqual([]);
    },
  );

  test.each([
    [{}, '300s'],
    [{ tunnel: '20s' }, '300s'],
    [{ tunnel: '2h' }, '7200s'],
    [{ tunnel: '3d' }, '43200s'],
  ])('lets old workers live as long as their tunnels may be silent, within bounds: %j', (timeouts, expected) => {
    const only = plane(Object.keys(timeouts).length === 0 ? {} : { backends: [backend('app', [], { timeouts })] });
    expect(lines(config(only, machine))).toContain(`hard-stop-after ${expected}`);
  });

  test('counts the default for tunnels of backends that do not say', () =>
    expect(lines(config(plane({ backends: [backend('app', [])] }), machine))).toContain('hard-stop-after 3600s'));

  test('lets :: take IPv4 too, unless another bind takes IPv4 on that port', () => {
    const binds = (...of: Parameters<typeof frontend>[1]) => lines(config(plane({ frontends: [frontend('web', of, null)] }), machine));
    expect(binds(bind('::', 80))).toContain('bind [::]:80 v4v6');
    expect(binds(bind('::', 80), bind('*', 80))).toEqual(expect.arrayContaining(['bind [::]:80 v6only', 'bind *:80']));
    expect(binds(bind('::', 80), bind('*', 81))).toContain('bind [::]:80 v4v6');
  });

  test('waits for the TLS hello only where a TCP frontend routes by it', () => {
    const byName = { kind: 'sample', sample: 'req.ssl_sni', test: { kind: 'patterns', patterns: ['a.example'] } } as const;
    const bySource = { kind: 'sample', sample: 'src', test: { kind: 'patterns', patterns: ['10.0.0.0/8'] } } as const;
    const routed = (condition: typeof byName | typeof bySource) =>
      config(
        plane({
          acls: [{ name: 'named', condition: byName }],
          frontends: [frontend('tls', [bind('*', 443)], 'app', { mode: 'tcp', useBackend: [{ backend: 'app', condition }] })],
        }),
        machine,
      );
    expect(lines(routed(byName))).toEqual(
      expect.arrayContaining(['tcp-request inspect-delay 5s', 'tcp-request content accept if { req.ssl_hello_type -- 1 }']),
    );
    expect(routed(bySource)).not.toContain('inspect-delay');
  });

  test('follows names that servers have, and only then asks the machine for name servers', () => {
    const text = config(plane({ backends: [backend('app', [server('one', 'one.internal', 80), server('two', '10.0.0.2', 80)])] }), machine);
    expect(lines(text)).toEqual(
      expect.arrayContaining([
        'resolvers system',
        'server one one.internal:80 id 331827 guid server:app:one resolvers system',
        'server two 10.0.0.2:80 id 863212 guid server:app:two',
      ]),
    );
    expect(config(plane({ backends: [backend('app', [server('two', '2001:db8::2', 80)])] }), machine)).not.toContain('resolvers');
  });

  test("verifies a server's certificate against its name, in requests and in checks", () => {
    const one = (rest: Parameters<typeof server>[3]) =>
      lines(config(plane({ backends: [backend('app', [server('one', 'one.internal', 443, rest)])] }), machine));
    const has = (of: readonly string[], words: string) => expect(of.find((line) => line.startsWith('default-server ssl'))).toContain(words);
    has(one({ tls }), 'ssl verify required ca-file @system-ca sni str(one.internal) check-sni one.internal');
    has(one({ tls: { ...tls, sni: 'str(shop.example)' } }), 'sni str(shop.example) check-sni shop.example');
  });

  test('retries after reuse beyond safe only what changes nothing', () => {
    const text = lines(config(plane({ backends: [backend('app', [], { httpReuse: 'aggressive' })] }), machine));
    expect(text).toEqual(
      expect.arrayContaining([
        'http-reuse aggressive',
        'retry-on conn-failure empty-response',
        'http-request disable-l7-retry unless { method GET HEAD OPTIONS }',
      ]),
    );
  });

  test('never has what only an attacker or an experiment needs', () =>
    expect(config(example, machine)).not.toMatch(/insecure-|expose-experimental|accept-unsafe|accept-invalid|stats.*ipv[46]@/));

  test('refuses what the schema should have refused', () => {
    expect(() => config(hostilePlane(['a\nb']), machine)).toThrow('control character');
    expect(() => config(plane({ extraGlobal: ['a\nbackend x'] }), machine)).toThrow('one line');
    expect(() => config(plane({ backends: [backend('a b', [])] }), machine)).toThrow('not a name');
    expect(() =>
      config(
        plane({
          frontends: [frontend('web', [bind('*', 443, { ssl: { certificates: ['x'], alpn: [], options: {}, quic: false } })], null)],
        }),
        machine,
      ),
    ).toThrow('"x"');
  });
});

describe('no text of a document', () => {
  test('reaches HAProxy as anything but one word', () => {
    fc.assert(
      fc.property(fc.array(hostileString, { minLength: 1, maxLength: 4 }), (texts) => {
        // the same plane with harmless texts says which words there should be
        const harmless = texts.map((_, index) => `TEXT${index}END`);
        const words = (of: readonly string[]) =>
          configWords(config(hostilePlane(of), machine)).filter(([keyword]) => keyword !== 'description');
        const isFormat = (keyword: string | undefined) => keyword?.startsWith('http-') === true;
        const expected = words(harmless).map((line) =>
          line.map((word, at) =>
            word.replace(/TEXT(\d+)END/g, (_, index: string) => {
              const text = texts[Number(index)] as string;
              const isPattern = line.includes('if') && at > line.indexOf('if');
              const isPlain = (line[0] === 'http-check' && line[at - 1] === 'uri') || line[at - 1] === 'string';
              return isFormat(line[0]) && !isPattern && !isPlain ? asFormat(text) : text;
            }),
          ),
        );
        expect(words(texts)).toEqual(expected);
      }),
      { numRuns: 200 },
    );
  }, 60_000);
});
