import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { weir } from './weir.ts';

/** What bash offers at the end of a command line, in a folder that holds `config.yaml`. */
async function offered(line: string): Promise<string> {
  const script = `${(await weir('completion')).stdout}
    cd "$(mktemp -d)" && touch config.yaml
    COMP_WORDS=($1); [ "$1" = "\${1% }" ] || COMP_WORDS+=('')
    COMP_CWORD=$((\${#COMP_WORDS[@]} - 1)); _weir; echo "\${COMPREPLY[*]}"; rm -r "$PWD"`;
  return execFileSync('bash', ['-euc', script, 'bash', line], { encoding: 'utf8' }).trim();
}

test.each([
  ['weir app', 'apply'],
  ['weir hel', 'help'],
  ['weir apply ', 'config.yaml'],
  ['weir render --config ', 'config.yaml'],
  ['weir apply --', '--confirm --yes --json --help'],
  ['weir help app', 'apply'],
  ['weir logs ', 'top errors slow codes servers'],
  ['weir logs top --file ', 'config.yaml'],
  // a generation is no file, and the others take nothing
  ['weir rollback ', ''],
  ['weir status ', ''],
])('after "%s" bash offers "%s"', async (line, words) => {
  expect(await offered(line)).toBe(words);
});
