import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Files } from '../../appliance/config/config.ts';
import { formatProblem, load } from '../../appliance/config/load.ts';
import { perFolder } from '../../appliance/state/folder.ts';

const folder = join(import.meta.dirname, '../refused');
const names = readdirSync(folder)
  .filter((file) => file.endsWith('.yaml'))
  .map((file) => file.slice(0, -'.yaml'.length));
const texts = readdirSync(folder)
  .filter((file) => file.endsWith('.txt'))
  .map((file) => file.slice(0, -'.txt'.length));
const update = process.env.UPDATE_GOLDEN === '1';

/** The files beside the documents: some are wrong on purpose. */
const files: Files = perFolder((kind) => {
  const path = join(folder, 'files', kind);
  return new Map(existsSync(path) ? readdirSync(path).map((name) => [name, readFileSync(join(path, name))]) : []);
});

describe('a document that is wrong is refused with its message', () => {
  test.each(names)('%s', (name) => {
    const source = readFileSync(join(folder, `${name}.yaml`), 'utf8');
    const { config, problems } = load(source, { file: 'config.yaml', files, now: new Date('2026-12-01T00:00:00Z') });
    const message = `${problems.map(formatProblem).join('\n')}\n`;
    const path = join(folder, `${name}.txt`);
    if (update) writeFileSync(path, message);
    expect(existsSync(path), `${path} is missing: UPDATE_GOLDEN=1 writes it`).toBe(true);
    expect(message).toBe(readFileSync(path, 'utf8'));
    expect(problems.length).toBeGreaterThan(0);
    expect(config === null).toBe(!name.startsWith('warning-'));
  });

  test('every message belongs to a document', () => {
    const orphans = texts.filter((name) => !names.includes(name));
    if (update) for (const name of orphans) rmSync(join(folder, `${name}.txt`));
    else expect(orphans).toEqual([]);
  });

  test('CI never rewrites messages', () => {
    expect(update && process.env.CI !== undefined).toBe(false);
  });
});
