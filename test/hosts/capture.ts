/**
 * What a probe read on a machine, so that it can be probed again elsewhere. To capture one, on it:
 * `npx tsx test/hosts/capture.ts > test/hosts/<name>.json`, or bundled, where there is no checkout.
 */
import { pathToFileURL } from 'node:url';
import { linuxHost } from '../../appliance/host/linux.ts';
import type { ProbeHost } from '../../appliance/host/probe/reading.ts';
import { probe } from '../../appliance/host/probe.ts';
import { knobPaths } from '../../tuning/sysctl.ts';

/** Files by path, folders by path, programs by command line; what is absent was not there. */
export interface Capture {
  readonly files: Readonly<Record<string, string>>;
  readonly folders: Readonly<Record<string, readonly string[]>>;
  readonly programs: Readonly<Record<string, { readonly exitCode: number | null; readonly stdout: string }>>;
}

/** A host that answers from a capture. */
export function replay({ files, folders, programs }: Capture): ProbeHost {
  return {
    read: async (path) => (files[path] === undefined ? null : { content: files[path], mode: 0o444, owner: 'root:root' }),
    list: async (folder) => folders[folder] ?? null,
    run: async (program, args) => ({ exitCode: null, stdout: '', stderr: '', timedOut: false, ...programs[[program, ...args].join(' ')] }),
  };
}

/** Of long files, the lines that a probe looks at. */
const interesting: readonly (readonly [path: RegExp, line: RegExp])[] = [
  [/\/meminfo$/, /MemTotal/],
  [/\/limits$/, /^Max open files/],
  [/\/status$/, /^Cpus_allowed_list/],
];

async function record(): Promise<Capture> {
  const host = linuxHost();
  const capture = {
    files: {} as Record<string, string>,
    folders: {} as Record<string, readonly string[]>,
    programs: {} as Record<string, object>,
  };
  const recorder: ProbeHost = {
    read: async (path) => {
      const held = await host.read(path);
      const wanted = interesting.find(([name]) => name.test(path))?.[1] ?? /^/;
      const lines = (held?.content as string | undefined)?.split('\n').filter((line) => wanted.test(line));
      if (lines !== undefined) capture.files[path] = lines.join('\n');
      return held;
    },
    list: async (folder) => {
      const names = await host.list(folder);
      if (names !== null) capture.folders[folder] = names;
      return names;
    },
    run: async (program, args) => {
      const result = await host.run(program, args);
      capture.programs[[program, ...args].join(' ')] = { exitCode: result.exitCode, stdout: result.stdout };
      return result;
    },
  };
  await probe(recorder, knobPaths);
  return capture as Capture;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) process.stdout.write(`${JSON.stringify(await record(), null, 1)}\n`);
