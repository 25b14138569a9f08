import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { formatProblem, load } from '../../appliance/config/load.ts';
import { jsonSchema } from '../../appliance/config/schema.ts';
import { testFiles } from '../support/cases.ts';

interface Schema {
  readonly $ref?: string;
  readonly description?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: Schema | boolean;
  readonly items?: Schema;
  readonly anyOf?: readonly Schema[];
}

const schema = jsonSchema() as unknown as Schema & { readonly definitions: Readonly<Record<string, Schema>> };
const source = readFileSync(join(import.meta.dirname, '../../config.example.yaml'), 'utf8');

/** Every key of the schema as a path: `*` for names and items. A condition refers to itself and is entered once. */
function keys(
  part: Schema,
  path: string,
  within: readonly string[] = [],
): readonly { readonly path: string; readonly description: string | undefined }[] {
  if (part.$ref !== undefined) {
    if (within.includes(part.$ref)) return [];
    const definition = schema.definitions[part.$ref.replace('#/definitions/', '')];
    return definition === undefined ? [] : keys(definition, path, [...within, part.$ref]);
  }
  return [
    ...Object.entries(part.properties ?? {}).flatMap(([key, value]) => [
      {
        path: `${path}.${key}`,
        description: value.description ?? schema.definitions[value.$ref?.replace('#/definitions/', '') ?? '']?.description,
      },
      ...keys(value, `${path}.${key}`, within),
    ]),
    ...(typeof part.additionalProperties === 'object' ? keys(part.additionalProperties, `${path}.*`, within) : []),
    ...(part.items === undefined ? [] : keys(part.items, `${path}.*`, within)),
    ...(part.anyOf ?? []).flatMap((choice) => keys(choice, path, within)),
  ];
}

/** Every path of a value, with each key itself and as `*`. */
function paths(value: unknown, at: readonly string[] = ['']): ReadonlySet<string> {
  const found = new Set(at);
  if (typeof value !== 'object' || value === null) return found;
  for (const [key, below] of Object.entries(value)) {
    for (const path of paths(
      below,
      at.flatMap((prefix) => (Array.isArray(value) ? [`${prefix}.*`] : [`${prefix}.${key}`, `${prefix}.*`])),
    ))
      found.add(path);
  }
  return found;
}

const all = [...new Map(keys(schema, '').map((key) => [key.path, key])).values()];

describe('config.example.yaml', () => {
  test('it loads without a problem', () => {
    const { config, problems } = load(source, { file: 'config.example.yaml', files: testFiles(), now: new Date('2026-12-01T00:00:00Z') });
    expect(problems.map(formatProblem)).toEqual([]);
    expect(config).not.toBeNull();
  });

  test('it has every key of the schema', () => {
    const there = paths(parse(source));
    // Conditions occur in many places, all with the same keys; they are looked for in the document as a whole.
    const condition = /\.(?:if|unless)\..*|^\.acls\.\*\..*/;
    // So do rules and bandwidth limits: each key once, in any list.
    const rule = /^\.(?:frontends|backends)\.\*\.(?:(?:tcp|http)-[a-z- ]+|filter bwlim-(?:in|out))\.\*(?=\.)/;
    // An answer has the same keys whatever it answers to.
    const inRule = (path: string) => path.replace(rule, '').replace(/^\.(?:deny|tarpit)\./, '.return.');
    const inRules = new Set([...there].filter((path) => rule.test(path)).map(inRule));
    const isThere = (path: string) => there.has(path) || (rule.test(path) && inRules.has(inRule(path)));
    const missing = all.map(({ path }) => path).filter((path) => !isThere(path) && !condition.test(path));
    const inText = (path: string) => new RegExp(`[ {]${path.slice(path.lastIndexOf('.') + 1)}:`).test(source);
    const inConditions = all.map(({ path }) => path).filter((path) => condition.test(path));
    expect(inConditions.filter((path) => !inText(path))).toEqual([]);
    // A pair has VRRP, so that the other way to carry a VIP can only be a comment.
    expect(missing).toEqual(['.vips.*.link']);
    expect(source).toContain('# link: front');
  });

  test('every key says in one sentence what it is', () => {
    expect(all.length).toBeGreaterThan(200);
    expect(all.filter(({ description }) => description === undefined || !/^[A-Z0-9].*\.$/.test(description))).toEqual([]);
  });
});
