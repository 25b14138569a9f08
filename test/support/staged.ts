import { chmod, mkdir, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Files } from '../../appliance/config/config.ts';
import { formatProblem, load } from '../../appliance/config/load.ts';
import { desiredState } from '../../appliance/state/desired.ts';
import { perFolder } from '../../appliance/state/folder.ts';
import { type HostState, isLink } from '../../appliance/state/host-state.ts';

/** A file for a test's machine: its text (mode 0644), its content with a mode, or the target of a symbolic link. */
export type StagedFile = string | { readonly content: string | Uint8Array; readonly mode: number } | { readonly link: string };

/** Files for a test's machine by absolute path. */
export type Staged = Readonly<Record<string, StagedFile>>;

/** Writes the files below a folder, which stands for / there. */
export async function stage(folder: string, files: Staged): Promise<void> {
  for (const [path, file] of Object.entries(files)) {
    const at = join(folder, path);
    await mkdir(dirname(at), { recursive: true });
    if (typeof file === 'string') await writeFile(at, file);
    else if ('link' in file) await symlink(file.link, at);
    else {
      await writeFile(at, file.content);
      await chmod(at, file.mode);
    }
  }
}

/** What a state holds below /run/weir, links aside; texts as `change` makes them. */
export function stagedState(state: HostState, change = (text: string): string => text): Staged {
  return Object.fromEntries(
    [...state].flatMap(([path, held]) => {
      if (held === null || !path.startsWith('/run/weir/') || isLink(held)) return [];
      const { content, mode } = held;
      return [[path, { content: typeof content === 'string' ? change(content) : (content.reveal?.() ?? ''), mode }]];
    }),
  );
}

/** Everything that a node, whose machine is not known, would hold for a document and the files beside it; fails with what is wrong with them. */
export function stateOfDocument(text: string, files: Partial<Files> = {}, node = 'lb1'): HostState {
  const beside: Files = { ...perFolder(() => new Map<string, Uint8Array>()), ...files };
  const { config, problems } = load(text, { file: 'config.yaml', files: beside });
  if (config === null) throw new Error(problems.map(formatProblem).join('\n'));
  const { state, problems: impossible } = desiredState(config, node, null, beside);
  if (impossible.length > 0) throw new Error(impossible.map(({ message }) => message).join('\n'));
  return state;
}

/** What of that stands below /run/weir. */
export function stagedDocument(text: string, files: Partial<Files> = {}, node = 'lb1'): Staged {
  return stagedState(stateOfDocument(text, files, node));
}
