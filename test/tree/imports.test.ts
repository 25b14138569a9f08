import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize, relative } from 'node:path';
import { describe, expect, test } from 'vitest';

/** What a folder may import of ours, and the reason a refusal gives. `types`: only by `import type`. */
interface Allowed {
  readonly from: string;
  readonly may: readonly string[];
  readonly types?: readonly string[];
  readonly reason: string;
}

const rules: readonly Allowed[] = [
  { from: 'proxy', may: ['proxy'], reason: 'the data plane is text and numbers; it must be usable without the appliance' },
  { from: 'tuning', may: ['tuning'], reason: 'the kernel is numbers; it must be usable without the appliance' },
  {
    from: 'appliance/config',
    may: ['appliance/config'],
    types: ['proxy', 'tuning'],
    reason: 'the document becomes a Config without knowing how anything is rendered',
  },
  {
    from: 'appliance/network',
    may: ['appliance/network'],
    types: ['proxy', 'tuning', 'appliance/config'],
    reason: 'links and firewall are rendered from plain types',
  },
  {
    from: 'appliance/host',
    may: ['appliance/host', 'tuning'],
    types: ['appliance/state'],
    reason: 'the door to the OS knows nothing of documents or plans, only how kernel values are named and written',
  },
  {
    from: 'appliance/state',
    may: ['appliance/state', 'appliance/config', 'appliance/network', 'proxy', 'tuning'],
    reason: 'state is a pure function: not even the type Host',
  },
  {
    from: 'appliance/apply',
    may: ['appliance/apply', 'appliance/state', 'appliance/host', 'proxy'],
    types: ['tuning', 'appliance/config', 'appliance/network'],
    reason: 'apply changes hosts and nothing else',
  },
  {
    from: 'appliance/agent',
    may: [
      'appliance/agent',
      'appliance/state',
      'appliance/apply',
      'appliance/host',
      'appliance/pairing',
      'appliance/config',
      'proxy',
      'tuning',
    ],
    reason: 'the daemon observes, plans, applies and reports',
  },
  {
    from: 'appliance/cli',
    may: ['appliance', 'proxy', 'tuning'],
    reason: 'commands reach all of the appliance, never the tests or the image',
  },
];

/** Packages and Node modules that only one place may use, with the reason. */
const only: readonly { readonly module: RegExp; readonly at: readonly string[]; readonly reason: string }[] = [
  { module: /^execa$/, at: ['appliance/host'], reason: 'programs are run through the one door, so that a fake host sees all of it' },
  {
    module: /^node:(fs|fs\/promises|child_process)$/,
    at: ['appliance/host'],
    reason: 'files and programs are reached through the one door',
  },
  { module: /^yaml$/, at: ['appliance/config'], reason: 'YAML is hostile until the loader has checked it' },
  { module: /^(ink|react)$/, at: ['appliance/tui'], reason: 'the console is the only screen' },
];

const root = join(import.meta.dirname, '../..');

function sources(folder: string): readonly string[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.tsx?$/.test(name))
    .map((name) => join(folder, name));
}

function imports(file: string): readonly { readonly module: string; readonly isType: boolean }[] {
  const text = readFileSync(join(root, file), 'utf8');
  return [
    ...text.matchAll(
      /(?:^|\n)\s*(?:import|export)\s+(type\s)?[^'";]*?from\s+'([^']+)'|import\(\s*'([^']+)'\s*\)|(?:^|\n)import\s+'([^']+)'/g,
    ),
  ].map((found) => ({
    module: (found[2] ?? found[3] ?? found[4]) as string,
    isType: found[1] !== undefined,
  }));
}

const files = ['appliance', 'proxy', 'tuning'].flatMap(sources);

describe('the tree', () => {
  test.each(files)('%s imports only what its stage may know', (file) => {
    const rule = rules.find(({ from }) => file.startsWith(`${from}/`));
    for (const { module, isType } of imports(file)) {
      const wide = only.find((one) => one.module.test(module));
      if (wide && !wide.at.some((place) => file.startsWith(`${place}/`))) expect.fail(`${file} imports ${module}: ${wide.reason}`);
      if (!module.startsWith('.') || !rule) continue;
      const target = relative(root, normalize(join(root, dirname(file), module)));
      const inside = (folders: readonly string[]) => folders.some((folder) => target.startsWith(`${folder}/`));
      if (!inside(rule.may) && !(isType && inside(rule.types ?? []))) expect.fail(`${file} imports ${target}: ${rule.reason}`);
    }
  });

  test('nothing but main.ts and the host asks for the process, the clock or randomness', () => {
    const asks = files
      .filter((file) => file !== 'appliance/main.ts' && !file.startsWith('appliance/host/'))
      .filter((file) => /\bprocess\.|\bDate\.now\(|new Date\(\)|Math\.random\(/.test(readFileSync(join(root, file), 'utf8')));
    expect(asks).toEqual([]);
  });

  test('no folder or file is a drawer', () => {
    expect(
      files.filter(
        (file) =>
          /(^|\/)(lib|utils?|common|helpers?|core|services|manager)(\/|\.tsx?$)/.test(file) && file !== 'appliance/state/services.ts',
      ),
    ).toEqual([]);
  });
});
