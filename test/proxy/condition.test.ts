import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { FETCHED } from '../../appliance/config/sample.ts';
import { aclScope } from '../../proxy/haproxy/acl-scope.ts';
import { alternatives } from '../../proxy/haproxy/condition.ts';
import { textOf } from '../../proxy/haproxy/line.ts';
import { ruleLines } from '../../proxy/haproxy/rule.ts';
import { booleanSamples } from '../../proxy/haproxy/sample.ts';
import type { Acl, Condition } from '../../proxy/model.ts';
import { holds } from '../support/haproxy-conditions.ts';
import { configWords } from '../support/haproxy-words.ts';
import { acl, acls, all, any, anyCondition, anyRequest, at, beg, headers, meant, not } from './conditions.ts';
import { answered } from './example.ts';

/** The lines of `http-request deny` under a condition, with the ACLs they need. */
function denied(condition: Condition | null, acls: readonly Acl[] = []): readonly string[] {
  const scope = aclScope();
  const lines = ruleLines('http-request', [{ action: answered('deny', 403), condition }], scope, { acls, maps: [], lists: [] });
  return [...scope.lines(), ...lines.map(textOf)].map((line) => line.replace(' default-errorfiles', '').trim());
}

describe('a condition', () => {
  test('of one sample stands in the rule', () => expect(denied(beg('/x'))).toEqual(['http-request deny status 403 if { path_beg -- /x }']));

  test('that is missing means always', () => expect(denied(null)).toEqual(['http-request deny status 403']));

  test('that nothing can fulfil leaves no rule', () =>
    expect(denied(all(acl('x'), not(acl('x'))), [{ name: 'x', condition: beg('/x') }])).toEqual([]));

  test.each([
    ['url_param(n)', 'url_param(n) -m int gt 5'],
    ['req.hdr(content-length)', 'req.hdr(content-length) -m int gt 5'],
    ['src_port,add(1)', 'src_port,add(1) -m int gt 5'],
    ['req.hdr_cnt(cookie)', 'req.hdr_cnt(cookie) gt 5'],
    ['path_len', 'path_len gt 5'],
  ])('that compares %s compares numbers', (sample, written) => {
    const condition: Condition = { kind: 'sample', sample, test: { kind: 'compare', all: [{ operator: 'gt', value: 5 }] } };
    expect(denied(condition)).toEqual([`http-request deny status 403 if { ${written} }`]);
  });

  test('of several comparisons needs them all', () => {
    const test = {
      kind: 'compare',
      all: [
        { operator: 'ge', value: 5 },
        { operator: 'lt', value: 9 },
      ],
    } as const;
    expect(denied({ kind: 'sample', sample: 'src_port', test })).toEqual([
      'http-request deny status 403 if { src_port ge 5 } { src_port lt 9 }',
    ]);
    expect(denied(not({ kind: 'sample', sample: 'src_port', test }))).toEqual([
      'http-request deny status 403 if !{ src_port ge 5 } or !{ src_port lt 9 }',
    ]);
  });

  test('on a yes-or-no sample needs no pattern, on another it asks whether it is there', () => {
    expect(denied(at('ssl_fc', false))).toEqual(['http-request deny status 403 if !{ ssl_fc }']);
    expect(denied(at('req.hdr(X-A)'))).toEqual(['http-request deny status 403 if { req.hdr(X-A) -m found }']);
    expect(denied(at('src,in_table(clients)'))).toEqual(['http-request deny status 403 if { src,in_table(clients) -m bool }']);
  });

  test('on the host ignores case and the port', () => {
    const host: Condition = { kind: 'sample', sample: 'host', test: { kind: 'patterns', patterns: ['Shop.example'] } };
    expect(denied(host)).toEqual(['http-request deny status 403 if { req.hdr(host),host_only -i -- Shop.example }']);
  });

  test('never lets a pattern be a flag, an operator or the end of an anonymous ACL', () => {
    expect(denied(beg('-f', '/etc/shadow'))).toEqual(['http-request deny status 403 if { path_beg -- -f /etc/shadow }']);
    expect(denied(beg('}', 'or'))).toEqual(['acl _1 path_beg -- } or', 'http-request deny status 403 if _1']);
  });

  test('with an ACL of ORed samples names it; its lines are ORed by HAProxy', () => {
    const acls = [
      {
        name: 'static',
        condition: any(beg('/img/'), { kind: 'sample', sample: 'path_end', test: { kind: 'patterns', patterns: ['.js'] } }),
      },
    ];
    expect(denied(not(acl('static')), acls as readonly Acl[])).toEqual([
      'acl static path_beg -- /img/',
      'acl static path_end -- .js',
      'http-request deny status 403 if !static',
    ]);
  });

  test('with an ACL of ANDed samples numbers its atoms', () => {
    const acls: readonly Acl[] = [{ name: 'partner', condition: all(at('ssl_c_used'), beg('/p')) }];
    expect(denied(not(acl('partner')), acls)).toEqual([
      'acl partner:1 ssl_c_used',
      'acl partner:2 path_beg -- /p',
      'http-request deny status 403 if !partner:1 or !partner:2',
    ]);
  });

  test('with an ACL called or does not become an operator', () =>
    expect(denied(acl('or'), [{ name: 'or', condition: beg('/x') }])).toEqual([
      'acl or: path_beg -- /x',
      'http-request deny status 403 if or:',
    ]));

  test('with a long list of patterns stays below the words that a line may have', () => {
    const many = Array.from({ length: 500 }, (_, index) => `/${index}`);
    const lines = denied(all(beg(...many), acl('also')), [{ name: 'also', condition: beg(...many) }]);
    expect(Math.max(...configWords(lines.join('\n')).map((words) => words.length))).toBeLessThanOrEqual(64);
    expect(configWords(lines.join('\n')).flatMap((words) => words.filter((word) => word.startsWith('/')))).toHaveLength(1000);
  });

  test('with many alternatives continues on further lines; a rule that must run once asks a variable', () => {
    const many = any(...Array.from({ length: 60 }, (_, index) => all(beg(`/a${index}`), at('ssl_fc'))));
    expect(denied(many).filter((line) => line.startsWith('http-request')).length).toBeGreaterThan(1);
    const rules = [{ action: { kind: 'add-header', headers: { X: '1' } }, condition: many }] as const;
    const added = ruleLines('http-request', rules, aclScope(), { acls: [], maps: [], lists: [] }).map(textOf);
    expect(added.filter((line) => line.includes('add-header'))).toEqual([
      '    http-request add-header X 1 if { var(req.weir_holds) -m bool }',
    ]);
    expect(added[0]).toBe('    http-request set-var(req.weir_holds) bool(false)');
  });

  test('that would double with every part is refused, not computed', () => {
    const pairs = Array.from({ length: 24 }, (_, index) => all(beg(`/a${index}`), beg(`/b${index}`)));
    expect(() => denied(not(any(...pairs)))).toThrow('alternatives');
  });

  test('that names what is not there, or an ACL made of itself, says so', () => {
    expect(() => denied(acl('nobody'))).toThrow('"nobody"');
    expect(() => denied(acl('x'), [{ name: 'x', condition: all(acl('x'), beg('/')) }])).toThrow('x > x');
  });

  test('of a map looks the sample up', () => {
    const condition: Condition = { kind: 'sample', sample: 'src', test: { kind: 'map', map: 'blocked' } };
    const maps = [{ name: 'blocked', match: 'ip', file: '/run/weir/maps/blocked.map' }] as const;
    const [[term] = []] = alternatives(condition, { acls: [], maps, lists: [] });
    expect(term?.atom.expressions).toEqual([['src,map_ip(/run/weir/maps/blocked.map)', '-m', 'found']]);
  });
});

test('the document and the renderer know the same yes-or-no samples', () => {
  expect([...FETCHED.bool].toSorted()).toEqual([...booleanSamples].toSorted());
});

describe('what HAProxy reads is what was meant', () => {
  test('for every condition and every request', () => {
    fc.assert(
      fc.property(anyCondition, anyRequest, (condition, request) => {
        const section = configWords(denied(condition, acls).join('\n'));
        const facts = (expression: string) => {
          const [sample = '', ...rest] = expression.split(' ');
          const value = request[headers.find((header) => sample === `req.hdr(x-${header})`) as (typeof headers)[number]];
          return value !== undefined && (rest.join(' ') === '-m found' || rest.slice(1).includes(value));
        };
        const rules = section.filter(([keyword]) => keyword === 'http-request');
        expect(rules.some((rule) => holds(section, rule, facts))).toBe(meant(condition, request));
      }),
      { numRuns: 1000 },
    );
  }, 60_000);
});
