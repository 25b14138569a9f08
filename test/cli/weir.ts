import { runProgram } from '../../appliance/cli/program.ts';
import { linuxHost } from '../../appliance/host/linux.ts';

/** Runs weir as at a command line on this machine, and gives its exit code and what it says. */
export async function weir(...argv: string[]) {
  return weirWith('', ...argv);
}

/** As {@link weir}, with something on its standard input. */
export async function weirWith(stdin: string, ...argv: string[]) {
  const said = { stdout: '', stderr: '' };
  const to = (stream: 'stdout' | 'stderr') => (text: string) => {
    said[stream] += text;
  };
  const code = await runProgram(argv, {
    stdout: to('stdout'),
    stderr: to('stderr'),
    stdin: async () => stdin,
    secret: async () => stdin.split('\n')[0] ?? '',
    isTerminal: false,
    host: linuxHost(),
    user: 'alice',
    connection: null,
    ending: () => new AbortController().signal,
    version: '0.1.0',
  });
  return { code, ...said };
}
