import fc from 'fast-check';
import type { z } from 'zod';
import { load } from '../../appliance/config/load.ts';
import type { LocatedProblem } from '../../appliance/config/problem.ts';
import { type Reading, readings } from '../../appliance/config/schema/reading.ts';
import { documentSchema } from '../../appliance/config/schema.ts';
import { testFiles } from './cases.ts';

/** A document as plain data. */
export type Tree = Record<string, unknown>;

type Schema = z.core.$ZodTypes;
type Generate = fc.GeneratorValue;

/** Names that things of a section have: few, so that what names them often names something. */
const names = ['one', 'two', 'three'] as const;

/** Texts of all the forms that the schema judges by functions; each schema takes those that it accepts. */
const texts = (
  '10.20.0.11 10.20.0.12 2001:db8::11 192.0.2.0/24 2001:db8::/32 10.20.0.11:8080 [2001:db8::11]:8443 app.example:80 app.example *:81 [::]:82 ' +
  '10.20.0.2:83 * :: /run/app.sock unix:/run/app.sock /healthz / * shop.example www.shop.example *.shop.example 1s 30s 5m 1h 500ms 10k 1m 100 443 ' +
  'GET POST h2 http/1.1 text/html text/plain lb1 eth0 front user.name txn.name req.name sess.name path.html 200 404 200-299 name value round robin ' +
  '1:10 2026-12-24T02:00:00Z 2027-01-01T00:00:00+01:00 TLSv1.2 TLSv1.3 ECDHE-RSA-AES128-GCM-SHA256 X25519 TLS_AES_128_GCM_SHA256 ECDSA+SHA256 info local0 ssl_fc src dst_port /api 20 10 1'
).split(' ');

const samples = [
  'src',
  'path',
  'req.hdr(host),lower',
  'req.cook(SRV)',
  'url_param(id)',
  'ssl_fc_sni',
  'dst_port',
  'src,ipmask(24)',
  'var(txn.name)',
  'rand(100)',
];
const formats = ['plain', '%[src]', '%ci:%cp %[path,lower]', '100%% "quoted" #not a comment', '%[req.hdr(host)]', "it's", '%{+Q}r'];
const expressions = ['^/api/', '[a-z]+\\.js$', '(one|two)', '^.*$'];
const conditions: readonly unknown[] = [
  'one',
  { path_beg: '/api' },
  { path: ['/a', '/b'] },
  { src: ['192.0.2.0/24', '2001:db8::/32'] },
  { ssl_fc: true },
  { host: 'shop.example', method: 'POST' },
  { 'req.hdr(x)': 'a "b" #c' },
  { dst_port: { gt: 80, lt: 8000 } },
  [{ path_end: '.js' }, { acl: 'two' }],
  { src: { map: 'one' } },
];

/** The sections of a document that are about HAProxy; the others stay as they are. */
const sections = Object.entries(documentSchema.shape).filter(
  ([section]) => !['version', 'system', 'nodes', 'vrrp', 'vips', 'tuning'].includes(section),
);
const files = testFiles();
const common = { version: 1, nodes: { lb1: { links: { front: { mac: '52:54:00:00:00:01', addresses: 'dhcp' } } } } };

/** What HAProxy alone judges: raw lines, and names that scripts register. */
const unjudged: readonly string[] = ['extra', 'lua', 'lua-load', 'lua-load-per-thread'];

/** Optional keys that are there: one in so many. */
const oneIn = 6;

/** One of several, by chance. */
function pick<Value>(g: Generate, values: readonly Value[]): Value {
  return values[g(fc.nat, { max: values.length - 1 })] as Value;
}

function read(reading: Reading, g: Generate): unknown {
  switch (reading.kind) {
    case 'sample':
      return pick(g, samples);
    case 'log-format':
      return pick(g, formats);
    case 'regex':
      return pick(g, expressions);
    case 'condition':
      return pick(g, conditions);
    case 'file':
      return pick(g, [...files[reading.folder].keys(), 'none']);
    case 'name':
      return pick(g, names);
  }
}

const accepted = new WeakMap<Schema, readonly string[]>();

function textOf(schema: Schema, g: Generate): string {
  let those = accepted.get(schema);
  if (those === undefined) {
    const all = [...texts, ...names, ...[...files.certificates.keys(), ...files.maps.keys(), ...files.pages.keys()]];
    those = all.filter((text) => (schema as unknown as z.ZodType).safeParse(text).success);
    accepted.set(schema, those);
  }
  const patterns = patternsOf(schema);
  if (patterns.length > 0 && (those.length === 0 || g(fc.boolean))) return g(fc.stringMatching, patterns[0] as RegExp, { size: 'small' });
  return those.length > 0 ? pick(g, those) : pick(g, texts);
}

function patternsOf(schema: Schema): readonly RegExp[] {
  const { checks = [] } = schema._zod.def as {
    readonly checks?: readonly { readonly _zod: { readonly def: { readonly pattern?: RegExp } } }[];
  };
  return checks.flatMap(({ _zod: { def } }) => (def.pattern === undefined ? [] : [def.pattern]));
}

function isOptional(schema: Schema): boolean {
  return ['optional', 'default', 'prefault'].includes(schema._zod.def.type);
}

/** A value that a schema may take; what it says by functions is often broken. */
function valueFor(schema: Schema, g: Generate, depth: number): unknown {
  const reading = readings.get(schema as unknown as z.ZodType);
  if (reading !== undefined) return read(reading, g);
  const { def } = schema._zod;
  switch (def.type) {
    case 'object': {
      const entries = Object.entries(def.shape).flatMap(([key, part]): [string, unknown][] => {
        const isThere = !unjudged.includes(key) && (!isOptional(part as Schema) || g(fc.nat, { max: oneIn - 1 }) === 0);
        return isThere ? [[key, valueFor(part as Schema, g, depth + 1)]] : [];
      });
      const other = def.catchall as Schema | undefined;
      const more =
        other !== undefined && other._zod.def.type !== 'never' && g(fc.boolean)
          ? [['name', valueFor(other, g, depth + 1)] as [string, unknown]]
          : [];
      return Object.fromEntries([...entries, ...more]);
    }
    case 'record': {
      const keys = def.keyType as Schema;
      const count = g(fc.integer, { min: depth === 0 ? 1 : 0, max: depth === 0 ? 3 : 2 });
      const key = (index: number) =>
        depth === 0 || patternsOf(keys).length === 0 ? (names[index] ?? 'more') : String(valueFor(keys, g, depth));
      return Object.fromEntries(Array.from({ length: count }, (_, index) => [key(index), valueFor(def.valueType as Schema, g, depth + 1)]));
    }
    case 'array':
      return Array.from({ length: g(fc.integer, { min: 1, max: 3 }) }, () => valueFor(def.element as Schema, g, depth + 1));
    case 'union':
      return valueFor(pick(g, def.options as readonly Schema[]), g, depth);
    case 'optional':
    case 'nullable':
    case 'default':
    case 'prefault':
      return valueFor(def.innerType as Schema, g, depth);
    case 'lazy':
      return valueFor(def.getter() as Schema, g, depth + 1);
    case 'enum':
      return pick(g, Object.values(def.entries));
    case 'literal':
      return pick(g, def.values);
    case 'boolean':
      return g(fc.boolean);
    case 'number': {
      const { minimum = 0, maximum = 1000 } = schema._zod.bag as { readonly minimum?: number; readonly maximum?: number };
      return pick(g, [minimum, Math.min(maximum, minimum + 1), Math.min(maximum, Math.max(minimum, 50)), maximum]);
    }
    case 'string':
      return textOf(schema, g);
    default:
      throw new Error(`documents have no values of the type ${def.type} yet`);
  }
}

/** Documents that the schema mostly takes, with the mistakes that chance makes. */
export const anyDocument: fc.Arbitrary<Tree> = fc
  .gen()
  .map((g) => ({ ...common, ...Object.fromEntries(sections.map(([section, schema]) => [section, valueFor(schema as Schema, g, 0)])) }));

/** The text of a document: JSON is YAML. */
export function textOfDocument(document: Tree): string {
  return JSON.stringify(document, null, 1);
}

/** A document without what was wrong with it, taken out piece by piece as its problems say; null: nothing is left of it. */
export function corrected(document: Tree): Tree | null {
  const tree = structuredClone(document);
  for (let turn = 0; turn < 60; turn++) {
    const { problems } = load(textOfDocument(tree), { file: 'config.yaml', files });
    const wrong = problems.filter(({ severity }) => severity !== 'warning');
    if (wrong.length === 0) return tree;
    // from the end, so that the indexes of what stands before stay right
    for (const { at } of wrong.toSorted((a, b) => compare(b, a))) if (!takeOut(tree, at)) return null;
  }
  return null;
}

function compare(a: LocatedProblem, b: LocatedProblem): number {
  return a.line - b.line || a.column - b.column;
}

/** Takes out what stands at a path, or the deepest thing on the way that is there; whether there was anything to take. */
function takeOut(tree: Tree, [step = '', ...rest]: LocatedProblem['at']): boolean {
  if (!Object.hasOwn(tree, step)) return false;
  const below = tree[step];
  if (rest.length > 0 && typeof below === 'object' && below !== null && takeOut(below as Tree, rest)) return true;
  if (Array.isArray(tree)) tree.splice(Number(step), 1);
  else delete tree[step];
  return step !== 'version' && step !== 'nodes';
}
