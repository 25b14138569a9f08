import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { load } from '../../appliance/config/load.ts';
import { placeInConverter, placeInFetch } from '../../appliance/config/named-thing.ts';
import { CONVERTED, FETCHED } from '../../appliance/config/sample.ts';
import { MATCHES } from '../../appliance/config/schema/condition.ts';
import { ALIASES } from '../../appliance/config/validate/formats.ts';
import { IMPOSSIBLE } from '../../appliance/config/validate/patterns.ts';
import {
  ACL_WORDS,
  CONVERTERS,
  FETCHES,
  REQUEST_FETCHES,
  RESPONSE_FETCHES,
  UNLOGGED_FETCHES,
} from '../../appliance/config/validate/sample-words.ts';
import { checkStage } from '../../appliance/config/validate/stages.ts';
import { parseComplaints, placeOfComplaint } from '../../proxy/haproxy/complaint.ts';
import { renderHaproxy } from '../../proxy/haproxy/render.ts';
import { booleanSamples, numberSample } from '../../proxy/haproxy/sample.ts';
import { renderKeepalived } from '../../proxy/keepalived/render.ts';
import type { DataPlane } from '../../proxy/model.ts';
import { example, machine } from '../proxy/example.ts';
import { hostilePlane, hostileString } from '../proxy/hostile.ts';
import { site } from '../proxy/site.ts';
import { rendered } from '../support/haproxy.ts';
import { makeCertificate } from '../support/haproxy-certificates.ts';
import { runInRoot } from '../support/root.ts';
import type { Staged } from '../support/staged.ts';

const check = (plane: DataPlane, files: Staged = {}) =>
  runInRoot(['haproxy', '-c', '-dW', '-f', '/run/weir/haproxy.cfg'], { ...files, ...rendered(plane, machine) }, { timeoutMs: 120_000 });

describe("the image's HAProxy", () => {
  test('reads the documented example without a warning', async () => {
    const names = ['shop', 'shop-ec', 'api', 'partners-ca', 'internal-ca'];
    const pairs = await Promise.all(names.map(async (name) => [name, await makeCertificate(`${name}.example`)] as const));
    const pems = pairs.map(([name, { cert, key }]) => [`/run/weir/certificates/${name}.pem`, `${cert}${key}`] as const);
    const answer = await check(example, { ...Object.fromEntries(pems), '/run/weir/maps/blocked.map': '192.0.2.66\n' });
    expect(answer, answer.stderr).toMatchObject({ code: 0 });
  });

  test('finds no meaning in any text of a document', async () => {
    const texts = fc.sample(hostileString, { numRuns: 400, seed: 20_260_101 });
    const answer = await check(hostilePlane(texts));
    expect(answer, answer.stderr).toMatchObject({ code: 0 });
  });

  test('has the yes-or-no samples that weir knows, and no others', async () => {
    const { stdout } = await runInRoot(['haproxy', '-dKsmp', '-q', '-c', '-f', '/dev/null']);
    const found = [...stdout.matchAll(/^\[[ Y.]*\] ([\w.]+)(?:\(.*\))?: bool$/gm)].map(([, name]) => name);
    expect(found.toSorted()).toEqual([...booleanSamples].toSorted());
  });

  test('has numbers in all samples whose names say so', async () => {
    const { stdout } = await runInRoot(['haproxy', '-dKsmp', '-q', '-c', '-f', '/dev/null']);
    const named = [...stdout.matchAll(/^\[[ Y.]*\] ([\w.]+)(?:\(.*\))?: (\w+)$/gm)].filter(([, name = '']) => numberSample.test(name));
    expect(named.length).toBeGreaterThan(100);
    expect(named.filter(([, , type]) => type !== 'sint')).toEqual([]);
  });
});

describe('what only HAProxy finds', () => {
  test.each([
    ['http-request: [{ allow: true, if: { path: / } }, { replace-path: { match: "a{3,1}", replace: b } }]', 1],
    ['http-request: [{ deny: 403, if: { path: { reg: "(?<n>a)(?<n>b)" } } }]', 0],
    ['http-request: [{ allow: true, if: { path: / } }, { deny: 403, if: { "path,regsub(\'a{3,1}\',b)": x } }]', 1],
    ['http-request: [{ set-header: { A: "%[path,regsub(\'a{3,1}\',b)]" } }, { set-header: { B: "%[path,regsub(\'a{5,1}\',b)]" } }]', 0],
  ])('a regular expression is told at its rule: %s', async (rules, index) => {
    const document = `version: 1
nodes: { lb1: { links: { front: { mac: 52:54:00:00:00:01, addresses: dhcp } } } }
frontends: { web: { bind: [{ address: "*:80" }], default_backend: app, ${rules} } }
backends: { app: { servers: { a: 10.0.0.1:80 } } }`;
    const { config } = load(document, { file: 'config.yaml', files: null });
    if (config === null) throw new Error('weir found it first');
    const { config: text, origins } = renderHaproxy(config.proxy, machine);
    const { code, stderr } = await runInRoot(['haproxy', '-c', '-f', '/run/weir/haproxy.cfg'], { '/run/weir/haproxy.cfg': text });
    expect(code).not.toBe(0);
    const complaint = parseComplaints(stderr).find(({ message }) => message.includes('regex'));
    expect(complaint, stderr).toBeDefined();
    if (complaint !== undefined) expect(placeOfComplaint(complaint, origins)).toEqual(['frontends', 'web', 'http-request', index]);
  });

  test.each([
    ['{ args: { ip: src }, event: on-client-session, if: { src: 192.0.2.1, "src,regsub(a,b)": { reg: "(?<n>a)(?<n>b)" } } }', ['event']],
    ['{ args: { mode: be_conn }, event: on-frontend-http-request }', ['args', 'mode']],
  ])('what an agent is told is told at its message: %s', async (message, keys) => {
    const document = `version: 1
nodes: { lb1: { links: { front: { mac: 52:54:00:00:00:01, addresses: dhcp } } } }
frontends: { web: { bind: [{ address: "*:80" }], filter spoe: [judge], default_backend: app } }
backends: { app: { servers: { a: 10.0.0.1:80 } }, agents: { servers: { a: 10.0.0.1:81 } } }
spoe-agents: { judge: { use-backend: agents, messages: { check: ${message} } } }`;
    const { config } = load(document, { file: 'config.yaml', files: null });
    if (config === null) throw new Error('weir found it first');
    const { config: text, beside, origins } = renderHaproxy(config.proxy, machine);
    const files = { '/run/weir/haproxy.cfg': text, '/run/weir/haproxy.stats': '', ...Object.fromEntries(beside) };
    const { code, stderr } = await runInRoot(['haproxy', '-c', '-f', '/run/weir/haproxy.cfg'], files);
    expect(code).not.toBe(0);
    const places = parseComplaints(stderr)
      .filter(({ isFatal }) => isFatal)
      .map((complaint) => placeOfComplaint(complaint, origins));
    expect(places, stderr).toEqual([['spoe-agents', 'judge', 'messages', 'check', ...keys]]);
  });
});

describe('what samples give, and how it can be matched', () => {
  const typed = async (kind: 'smp' | 'cnv', line: RegExp) => {
    const { stdout } = await runInRoot(['haproxy', `-dK${kind}`, '-q', '-c', '-f', '/dev/null']);
    return [...stdout.matchAll(line)].map(([, word = '', type = '']) => ({ word, type }));
  };
  const sets = (of: typeof FETCHED) => Object.fromEntries(Object.entries(of).map(([type, words]) => [type, [...words].toSorted()]));
  const grouped = (all: readonly { readonly word: string; readonly type: string }[]) => {
    const one = (type: string) => (/^(?:ipv4|ipv6)$/.test(type) ? 'addr' : type === 'same' ? 'any' : type);
    const of = (type: string) => all.filter((each) => one(each.type) === type).map(({ word }) => word);
    return Object.fromEntries(['bool', 'addr', 'bin', 'meth', 'any'].map((type) => [type, [...new Set(of(type))].toSorted()]));
  };

  test('is what the image says of its fetches', async () => {
    expect(sets(FETCHED)).toEqual(grouped(await typed('smp', /^\[[ Y.]*\] ([\w.+]+)(?:\(.*\))?: (\w+)$/gm)));
  });

  test('is what the image says of its converters', async () => {
    expect(sets(CONVERTED)).toEqual(grouped(await typed('cnv', /^([\w-]+)(?:\(.*\))?: (\w+) =>/gm)));
  });

  test('is matched in every way but those that weir refuses', async () => {
    const samples = { bool: 'ssl_fc', addr: 'src', bin: 'base32+src', meth: 'method', any: 'var(txn.x)', text: 'path' } as const;
    const pattern = (match: string) => ({ ip: '10.0.0.0/8', bin: 'AB', len: '1:2', int: '5' })[match] ?? 'a';
    const accepts = async (sample: string, match: string) => {
      const rule = `  http-request deny if { ${sample} -m ${match} -- ${pattern(match)} }`;
      const config = ['defaults', '  mode http', '  timeout client 1s', 'frontend web', '  bind 127.0.0.1:80', rule, ''].join('\n');
      return (await runInRoot(['haproxy', '-c', '-f', '/run/test.cfg'], { '/run/test.cfg': config })).code === 0;
    };
    const refused: [string, string][] = [];
    for (const [type, sample] of Object.entries(samples))
      for (const match of MATCHES) if (!(await accepts(sample, match))) refused.push([type, match]);
    const known = Object.entries(IMPOSSIBLE).flatMap(([type, matches]) => matches.map((match) => [type, match]));
    expect(refused.toSorted()).toEqual(known.toSorted());
  }, 60_000);
});

describe("the words of HAProxy's sample language that weir knows", () => {
  /** The words of one kind that the image's HAProxy has registered. */
  const registered = async (kind: 'smp' | 'acl' | 'cnv') => {
    const { stdout } = await runInRoot(['haproxy', `-dK${kind}`, '-q', '-c', '-f', '/dev/null']);
    const lines = stdout.split('\n').filter((line) => line.trim() !== '' && !line.startsWith('#'));
    // `[ YY..] req.hdr([string,...]): str`, below a drawing of the columns; `hdr_beg = req.hdr -m beg`; `add(string): sint => sint`
    return lines.flatMap((line) => /^(?:\[[ Y.]*\] )?([^\s|(:]+)/.exec(line)?.[1] ?? []);
  };
  const sorted = (words: Iterable<string>) => [...new Set(words)].toSorted();

  test('are the samples of the image, no more and no fewer', async () => {
    expect(sorted(FETCHES)).toEqual(sorted(await registered('smp')));
  });

  test('are known to requests and responses as the image knows them', async () => {
    const { stdout } = await runInRoot(['haproxy', '-dKsmp', '-q', '-c', '-f', '/dev/null']);
    // Columns: 0 the connection, 3 and 7 the request in frontends and backends, 10 the choice of a source address, 12 and 16 the response.
    const rows = [...stdout.matchAll(/^\[ ([Y. ]+) \] ([^ (:]+)/gm)].map(([, columns = '', word = '']) => {
      const is = columns.split(' ').map((mark) => mark === 'Y');
      return { word, is };
    });
    const named = (when: (is: readonly (boolean | undefined)[]) => boolean) => rows.filter(({ is }) => when(is)).map(({ word }) => word);
    expect(sorted(REQUEST_FETCHES)).toEqual(sorted(named((is) => is[3] === true && is[16] === false)));
    expect(sorted(RESPONSE_FETCHES)).toEqual(sorted(named((is) => !is[3] && !is[7] && !is[10] && is[12] === true && is[16] === true)));
    // 18: a frontend's log line
    expect(sorted(UNLOGGED_FETCHES)).toEqual(sorted(named((is) => !is[18])).filter((word) => !REQUEST_FETCHES.has(word)));
    const early = new Set(named((is) => is[0] === true));
    const refused = [...FETCHES].filter((word) => checkStage(word, 'tcp-request connection', []).length > 0);
    expect(refused.filter((word) => early.has(word))).toEqual([]);
  });

  test('are its ACL words, beside those that are samples too', async () => {
    expect(sorted(ACL_WORDS)).toEqual(sorted((await registered('acl')).filter((word) => !FETCHES.has(word))));
  });

  test.each([
    ['smp', placeInFetch],
    ['cnv', placeInConverter],
  ] as const)('name tables, proxies, servers and users where the image says that they do: %s', async (kind, placeIn) => {
    const sections: Readonly<Record<string, string>> = {
      table: 'stick-tables',
      backend: 'backends',
      frontend: 'frontends',
      server: 'servers',
      'user list': 'userlists',
    };
    const { stdout } = await runInRoot(['haproxy', `-dK${kind}`, '-q', '-c', '-f', '/dev/null']);
    // `[ YY..] sc_conn_rate(integer[,table]): sint`
    const lines = [...stdout.matchAll(/^(?:\[[ Y.]*\] )?([\w.]+)(?:\(([^)]*)\))?: /gm)];
    expect(lines.length).toBeGreaterThan(50);
    const said = lines.flatMap(([, word = '', args = '']) => {
      const position = args
        .replace(/[[\]]/g, '')
        .split(',')
        .findIndex((type) => Object.hasOwn(sections, type));
      return position < 0 ? [] : [[word, sections[args.replace(/[[\]]/g, '').split(',')[position] ?? ''], position]];
    });
    const known = lines.flatMap(([, word = '']) => {
      const place = placeIn(word);
      return place === null ? [] : [[word, place.kind, place.position]];
    });
    expect(known).toEqual(said);
  });

  test('are aliases of its log formats', async () => {
    const rules = [...ALIASES].map((alias) => `  http-request set-header x-${alias} %${alias}`);
    const config = ['defaults', '  mode http', '  timeout client 1s', 'frontend web', '  bind 127.0.0.1:80', ...rules, ''].join('\n');
    const answer = await runInRoot(['haproxy', '-c', '-dW', '-f', '/run/test.cfg'], { '/run/test.cfg': config });
    expect(answer, answer.stderr).toMatchObject({ code: 0 });
  });

  test('are its converters', async () => {
    expect(sorted(CONVERTERS)).toEqual(sorted(await registered('cnv')));
  });
});

describe("the image's keepalived", () => {
  const check = (text: string) =>
    runInRoot(
      ['keepalived', '--config-test', '--use-file', '/run/weir/keepalived.conf'],
      { '/run/weir/keepalived.conf': text, '/usr/lib/weir/check-haproxy': { content: '#!/bin/sh\n', mode: 0o755 } },
      { links: ['front'] },
    );

  test('accepts what weir renders for one instance and for several', async () => {
    const six = { ...site, name: 'six', virtualRouterId: 52, sourceAddress: '2001:db8:1::2', peerAddress: '2001:db8:1::3' };
    for (const instances of [[site], [site, six]]) {
      const answer = await check(renderKeepalived(instances, 'lb1'));
      expect(answer, answer.stderr).toMatchObject({ code: 0 });
    }
  });

  test('refuses what it does not know, so that accepting means something', async () => {
    expect((await check(renderKeepalived([site], 'lb1').replace('nopreempt', 'nopreempty'))).code).not.toBe(0);
  });
});
