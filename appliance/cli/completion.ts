import type { Command } from './command.ts';
import { exitCode } from './io.ts';

/** `weir completion`: the bash completion, made from the commands themselves. */
export const completion: Command = {
  name: 'completion',
  summary: 'print the completion script for bash',
  options: [],
  example: 'source <(weir completion)',
  run: async (_args, io) => {
    const { commands } = await import('./program.ts');
    io.stdout(bashCompletion(commands));
    return exitCode.done;
  },
};

/** A bash completion: command names first, then options of the command, and files where the command takes one. */
export function bashCompletion(commands: readonly Command[]): string {
  const flagsOf = (command: Command) => [...command.options.map((option) => option.flags.split(' ')[0]), '--help'].join(' ');
  const names = commands.map((command) => command.name).join(' ');
  const takesFile = ({ argument, options }: Command) =>
    [argument?.name, ...options.map(({ flags }) => flags)].some((word) => /[[<](file|dir)(\.\.\.)?[\]>]/.test(word ?? ''));
  const ofWords = commands.flatMap(({ name, argument }) => (argument?.words ? [{ name, words: argument.words.join(' ') }] : []));
  const withFiles = commands.filter(takesFile).map((command) => command.name);
  return [
    '# bash completion of weir, made by `weir completion`',
    '_weir() {',
    '  local current=${COMP_WORDS[COMP_CWORD]}',
    '  if [ "$COMP_CWORD" -eq 1 ]; then',
    `    COMPREPLY=($(compgen -W "${names} help --help --version" -- "$current"))`,
    '    return',
    '  fi',
    '  case $current in',
    '    -*) ;;',
    '    *)',
    '      case $COMP_CWORD.${COMP_WORDS[1]} in',
    ...ofWords.map(({ name, words }) => `        2.${name}) COMPREPLY=($(compgen -W "${words}" -- "$current")); return ;;`),
    '      esac',
    '      case ${COMP_WORDS[1]} in',
    `        ${withFiles.join(' | ')}) COMPREPLY=($(compgen -f -- "$current")) ;;`,
    `        help) COMPREPLY=($(compgen -W "${names}" -- "$current")) ;;`,
    '      esac',
    '      return',
    '      ;;',
    '  esac',
    '  case ${COMP_WORDS[1]} in',
    ...commands.map((command) => `    ${command.name}) COMPREPLY=($(compgen -W "${flagsOf(command)}" -- "$current")) ;;`),
    '  esac',
    '}',
    'complete -o filenames -F _weir weir',
    '',
  ].join('\n');
}
