import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { load } from '../appliance/config/load.ts';
import { formatProblem } from '../appliance/config/problem.ts';
import { formatCapacity } from '../appliance/state/capacity.ts';
import { weir } from './cli/weir.ts';
import { readCase } from './support/cases.ts';

const file = join(import.meta.dirname, '../README.md');
const readme = readFileSync(file, 'utf8');

/** The fenced blocks of a language, without their fences. */
function blocks(language: string): readonly string[] {
  return [...readme.matchAll(/```(\w*)\n(.*?)```\n/gs)].filter((found) => found[1] === language).map((found) => found[2] as string);
}

describe('README.md', () => {
  test('its first document is valid', () => {
    const [first] = blocks('yaml');
    expect(load(`${first}`, { file: 'config.yaml', files: null })).toMatchObject({ config: { version: 1 }, problems: [] });
  });

  test('its wrong document gives the mistakes that it shows', () => {
    const wrong = `${blocks('yaml').find((block) => block.startsWith('# wrong.yaml\n'))}`;
    const { config, problems } = load(wrong, { file: 'wrong.yaml', files: null });
    expect(config).toBeNull();
    const shown = `${problems.map(formatProblem).join('\n')}\n`;
    if (process.env.UPDATE_GOLDEN === '1')
      writeFileSync(
        file,
        readme.replace(/(gives\n\n```\n).*?(```\n)/s, (_all, begin, end) => `${begin}${shown}${end}`),
      );
    else expect(readme).toContain(`gives\n\n\`\`\`\n${shown}\`\`\`\n`);
  });

  test('its haproxy.cfg becomes the document that it shows, with the words that it shows', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'weir-readme-'));
    try {
      const path = join(folder, 'haproxy.cfg');
      writeFileSync(path, `${blocks('').find((block) => block.startsWith('# haproxy.cfg\n'))}`);
      const { code, stdout, stderr } = await weir('import', path);
      expect(code).toBe(0);
      const shown = `# imported\n${stdout}`;
      const told = stderr.replaceAll(`${folder}/`, '');
      if (process.env.UPDATE_GOLDEN === '1')
        writeFileSync(
          file,
          readFileSync(file, 'utf8')
            .replace(/(```yaml\n)# imported\n.*?(```\n)/s, (_all, begin, end) => `${begin}${shown}${end}`)
            .replace(/(something to see:\n\n```\n).*?(```\n)/s, (_all, begin, end) => `${begin}${told}${end}`),
        );
      else {
        expect(readme).toContain(`\`\`\`yaml\n${shown}\`\`\`\n`);
        expect(readme).toContain(`something to see:\n\n\`\`\`\n${told}\`\`\`\n`);
      }
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  test('the verdict that it shows is that of its case', () => {
    const [desired] = readCase('sessions-asked').nodes.values();
    expect(readme).toContain(`\n\`\`\`\n${formatCapacity(desired?.capacity ?? null)}\`\`\`\n`);
  });

  test('the map that it shows is one that weir draws', () => {
    const map = readFileSync(join(import.meta.dirname, 'cli/tune/maps/ixgbe-2nodes.txt'), 'utf8');
    expect(readme).toContain(`\n\`\`\`\n${map.trimEnd()}\n\`\`\`\n`);
  });

  test('the commands it names exist', async () => {
    const { commands } = await import('../appliance/cli/program.ts');
    const names = new Set(commands.map(({ name }) => name));
    const named = [...readme.matchAll(/`(?:npx )?weir (\w+)/g)].map((found) => found[1] as string);
    expect(named.length).toBeGreaterThan(5);
    for (const name of named) expect(names, name).toContain(name);
  });
});
