import { formatProblem, type LocatedProblem } from '../config/problem.ts';
import type { Arguments } from './command.ts';
import { type ExitCode, exitCode, type Io } from './io.ts';

/** Version of every `--json` answer; raised when a key changes its meaning or goes. */
export const answerVersion = 1;

/** Prints an answer: as one JSON object when asked for, else as text. */
export function answer(args: Arguments, io: Io, json: object, text: () => string): void {
  io.stdout(args.options.json ? `${JSON.stringify({ version: answerVersion, ...json })}\n` : text());
}

/** Prints what is wrong with a document, all at once, and refuses. With `--json` the problems are the answer. */
export function refuse(args: Arguments, io: Io, problems: readonly LocatedProblem[]): ExitCode {
  if (args.options.json) io.stdout(`${JSON.stringify({ version: answerVersion, problems: problems.map(problemForScripts) })}\n`);
  else io.stderr(`${problems.map(formatProblem).join('\n')}\n${countOf(problems)}, nothing was changed.\n`);
  return exitCode.refused;
}

/** Prints a refusal that has no place in a document. */
export function refuseWith(args: Arguments, io: Io, message: string, hint?: string): ExitCode {
  if (args.options.json)
    io.stdout(`${JSON.stringify({ version: answerVersion, problems: [{ path: '', line: 0, column: 0, message, hint }] })}\n`);
  else io.stderr(`weir: ${message}\n${hint === undefined ? '' : `      ${hint}\n`}`);
  return exitCode.refused;
}

/** Prints warnings to people; scripts find them in the answer. */
export function warn(args: Arguments, io: Io, problems: readonly LocatedProblem[]): void {
  if (!args.options.json && problems.length > 0) io.stderr(`${problems.map(formatProblem).join('\n')}\n`);
}

/** A problem as `--json` shows it. */
export function problemForScripts({ at, line, column, message, hint, severity }: LocatedProblem): object {
  return { path: at.join('.'), line, column, message, hint, severity: severity ?? 'error' };
}

function countOf(problems: readonly LocatedProblem[]): string {
  const errors = problems.filter((problem) => problem.severity !== 'warning').length;
  return errors === 1 ? '1 problem' : `${errors} problems`;
}
