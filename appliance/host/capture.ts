import { inferred, virtualizationOf } from './capture/inferred.ts';
import { fileOfList, fileOfProgram, fileOfRead, linkFile } from './capture/layout.ts';
import { isLinkMode } from './capture/link-mode.ts';
import type { Host, RunResult } from './host.ts';
import type { ProbeHost } from './probe/reading.ts';

/** More is no file of a machine's facts: `/proc/interrupts` of 512 CPUs and all their NICs has less. */
const largest = 4 * 1024 * 1024;

/** A folder of a machine's raw facts as a host that a probe asks, and what is missing or wrong in it. */
export interface Capture {
  readonly host: ProbeHost;
  /** A sentence each, with the file. */
  readonly notes: readonly string[];
}

/**
 * Reads a capture: `interrupts`, `lscpu-p`, `meminfo`, `uname`, `ethtool-<flag>-<interface>`, and below `sys/` and `proc/` copies of files. All of it is optional; what is missing is taken from
 * the rest where that tells it, and is unknown otherwise. Nothing outside the folder is read.
 */
export async function readCapture(host: Host, folder: string): Promise<Capture | { readonly message: string; readonly hint: string }> {
  const hint = 'make one on the machine with: weir probe --capture DIR';
  const names = await host.list(folder).catch(() => null);
  if (names === null) return { message: `${folder} is no folder`, hint };
  const notes: string[] = [];
  const read = async (file: string, isNoted: boolean): Promise<string | null> => {
    const say = (why: string) => {
      if (isNoted) notes.push(`${file}: ${why}`);
      return null;
    };
    const held = await host.read(`${folder}/${file}`).catch(() => undefined);
    if (held === undefined) return say('it cannot be read');
    if (held === null || typeof held.content !== 'string') return null;
    if (isLinkMode(held.mode)) return say('a symbolic link is not followed');
    if (held.content.length > largest) return say('it is too large for what it should hold');
    if (held.content.includes('\0') || held.content.includes('\uFFFD')) return say('it is no text');
    // where a sample was found stands in its first lines
    const text = held.content.replace(/^(?:#.*\n)+/, '');
    return text.trim() === '' && isNoted ? say('it is empty') : text;
  };
  const top = new Map<string, string>();
  for (const name of names) {
    const text = /^(?:sys|proc)$/.test(name) ? null : await read(name, true);
    if (text !== null) top.set(name, text);
  }
  if (top.size === 0 && !names.includes('sys')) return { message: `${folder} holds nothing of a machine`, hint };
  const guessed = inferred(top, notes);
  if (!top.has('virt')) top.set('virt', virtualizationOf(top, notes));
  const result = (stdout: string | null): RunResult =>
    stdout === null
      ? { exitCode: 1, stdout: '', stderr: 'Operation not supported', timedOut: false }
      : { exitCode: 0, stdout, stderr: '', timedOut: false };
  return {
    notes,
    host: {
      read: async (path) => {
        const file = fileOfRead(path);
        const text = top.get(file) ?? (await read(file, false)) ?? (await read(linkFile(file), false)) ?? guessed.files.get(path) ?? null;
        return text === null ? null : { content: text, mode: 0o444, owner: 'root:root' };
      },
      list: async (path) => {
        const told = await read(fileOfList(path), false);
        if (told !== null) return told.split('\n').filter((name) => name !== '');
        const there = await host.list(`${folder}/${fileOfRead(path)}`).catch(() => null);
        const known = there?.filter((name) => !/\.(?:link|list|above)$/.test(name)) ?? null;
        return known ?? guessed.folders.get(path) ?? null;
      },
      run: async (program, args) => {
        const file = fileOfProgram(program, args);
        return result(file === null ? null : (top.get(file) ?? null));
      },
    },
  };
}

/** A host whose probing is noted, and the files of a capture that it makes: by name below the folder. */
export function recording(host: ProbeHost): { readonly host: ProbeHost; readonly files: ReadonlyMap<string, string> } {
  const files = new Map<string, string>();
  return {
    files,
    host: {
      read: async (path) => {
        const held = await host.read(path);
        // what weir remembers of itself is no fact of the machine
        if (held !== null && typeof held.content === 'string' && !path.startsWith('/run/'))
          files.set(isLinkMode(held.mode) ? linkFile(fileOfRead(path)) : fileOfRead(path), held.content);
        return held;
      },
      list: async (path) => {
        const names = await host.list(path);
        if (names !== null) files.set(fileOfList(path), `${names.join('\n')}\n`);
        return names;
      },
      run: async (program, args) => {
        const answer = await host.run(program, args);
        const file = fileOfProgram(program, args);
        // a yes or no is told by the exit code alone
        const text = file === 'container' && answer.exitCode === 0 ? 'yes\n' : answer.stdout;
        if (file !== null && text.trim() !== '' && (answer.exitCode === 0 || file === 'rivals' || file === 'virt')) files.set(file, text);
        return answer;
      },
    },
  };
}
