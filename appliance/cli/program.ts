import { CommanderError, Command as Program } from 'commander';
import { agent } from './agent.ts';
import { apply } from './apply.ts';
import { backend } from './backend.ts';
import { block } from './block.ts';
import { cert } from './cert.ts';
import type { Command } from './command.ts';
import { completion } from './completion.ts';
import { confirm } from './confirm.ts';
import { history } from './history.ts';
import { importConfig } from './import.ts';
import { type ExitCode, exitCode, type Io } from './io.ts';
import { logs } from './logs.ts';
import { map } from './map.ts';
import { plan } from './plan.ts';
import { probe } from './probe.ts';
import { render } from './render.ts';
import { rollback } from './rollback.ts';
import { route } from './route.ts';
import { runtime } from './runtime.ts';
import { schema } from './schema.ts';
import { server } from './server.ts';
import { sessions } from './sessions.ts';
import { status } from './status.ts';
import { table } from './table.ts';
import { top } from './top.ts';
import { tune } from './tune.ts';
import { validate } from './validate.ts';

/** Every command, in the order in which `weir --help` lists them. */
export const commands: readonly Command[] = [
  validate,
  schema,
  render,
  importConfig,
  route,
  plan,
  apply,
  confirm,
  rollback,
  block,
  server,
  map,
  runtime,
  cert,
  status,
  backend,
  sessions,
  table,
  top,
  history,
  logs,
  probe,
  tune,
  agent,
  completion,
];

/** Reads the command line and runs its command. Wrong usage is refused with exit code 2, like a wrong document. */
export async function runProgram(argv: readonly string[], io: Io): Promise<ExitCode> {
  let code: ExitCode = exitCode.done;
  const program = new Program('weir')
    .description('A load balancer appliance: HAProxy, keepalived and a tuned kernel from one document.')
    .version(io.version, '-V, --version')
    .configureOutput({ writeOut: io.stdout, writeErr: io.stderr })
    .showHelpAfterError('(see weir --help)')
    .exitOverride();
  for (const command of commands) {
    const sub = program.command(command.name).summary(command.summary).description(sentence(command.summary)).exitOverride();
    sub.configureOutput({ writeOut: io.stdout, writeErr: io.stderr }).showHelpAfterError(`(see weir ${command.name} --help)`);
    if (command.argument) sub.argument(command.argument.name, command.argument.description);
    for (const option of command.options) {
      if (option.required) sub.requiredOption(option.flags, option.description);
      else if (option.isList)
        sub.option(option.flags, option.description, (text: string, before: readonly string[]) => [...before, text], []);
      else sub.option(option.flags, option.description);
    }
    sub.addHelpText('after', `\nExample:\n${command.example.replace(/^/gm, '  ')}`);
    sub.action(async () => {
      const said = Object.entries(sub.opts() as Record<string, string | true | readonly string[]>);
      const options = Object.fromEntries(said.filter((entry): entry is [string, string | true] => !Array.isArray(entry[1])));
      const lists = Object.fromEntries(said.filter((entry): entry is [string, readonly string[]] => Array.isArray(entry[1])));
      code = await command.run({ positional: sub.args, options, lists }, io);
    });
  }
  try {
    await program.parseAsync(argv, { from: 'user' });
    return code;
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    // Help and version end commander with code 0; everything else it throws is wrong usage.
    return error.exitCode === 0 ? exitCode.done : exitCode.refused;
  }
}

function sentence(summary: string): string {
  return `${summary.charAt(0).toUpperCase()}${summary.slice(1)}.`;
}
