import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Config, Files } from '../../appliance/config/config.ts';
import { load } from '../../appliance/config/load.ts';
import { formatProblem } from '../../appliance/config/problem.ts';
import { type Desired, desiredState } from '../../appliance/state/desired.ts';
import { perFolder } from '../../appliance/state/folder.ts';
import type { Hardware } from '../../tuning/hardware.ts';

/** A case: a document, the machine if it matters, and what each node of it becomes. */
export interface Case {
  readonly name: string;
  readonly folder: string;
  readonly config: Config;
  readonly nodes: ReadonlyMap<string, Desired>;
}

const root = join(import.meta.dirname, '../cases');

/** Names of all cases, sorted. */
export const caseNames: readonly string[] = readdirSync(root, { withFileTypes: true })
  .filter((entry) => entry.isDirectory() && existsSync(join(root, entry.name, 'config.yaml')))
  .map((entry) => entry.name)
  .sort();

/** The files that documents of tests name: certificates with keys made for tests, CA files and maps. */
export function testFiles(): Files {
  return perFolder((folder) => {
    const path = join(import.meta.dirname, 'files', folder);
    return new Map(existsSync(path) ? readdirSync(path).map((name) => [name, readFileSync(join(path, name))] as const) : []);
  });
}

/** Loads a case and computes what each of its nodes becomes. Fails with the document's problems when it is not valid. */
export function readCase(name: string): Case {
  const folder = join(root, name);
  const file = join('test/cases', name, 'config.yaml');
  const files = testFiles();
  const { config, problems } = load(readFileSync(join(folder, 'config.yaml'), 'utf8'), { file, files });
  if (config === null) throw new Error(problems.map(formatProblem).join('\n'));
  const hardware: Hardware | null = existsSync(join(folder, 'hardware.json'))
    ? JSON.parse(readFileSync(join(folder, 'hardware.json'), 'utf8'))
    : null;
  const nodes = new Map(Object.keys(config.nodes).map((node) => [node, desiredState(config, node, hardware, files)] as const));
  return { name, folder, config, nodes };
}
