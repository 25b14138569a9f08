import type { Stored } from '../../agent/certificates.ts';
import { answer, refuseWith } from '../answer.ts';
import { change } from '../change.ts';
import type { Arguments } from '../command.ts';
import { type ExitCode, exitCode, type Io } from '../io.ts';
import { readAnswer } from './certificate-file.ts';

/** `weir cert install NAME FILE`: the CA's answer to a request, or a certificate with its key. */
export async function installCertificate(args: Arguments, io: Io): Promise<ExitCode> {
  const [name, file, ...more] = args.positional;
  if (name === undefined || file === undefined || more.length > 0)
    return refuseWith(args, io, 'install takes a name and a file', 'weir cert install shop answer.pem');
  const pem = await readAnswer(file, io);
  if (typeof pem !== 'string') return refuseWith(args, io, pem.reason, pem.hint);
  return handOver(args, io, name, pem);
}

/** Gives the agent a certificate of this name, and tells how that ended. */
export function handOver(args: Arguments, io: Io, name: string, pem: string): Promise<ExitCode> {
  const { name: _, out: __, ...options } = args.options;
  return change({ ...args, options }, io, '/certificates/install', { name, pem }, [], (last) => {
    const { kind, file, line, notes } = (last ?? {}) as Partial<Stored>;
    if (kind !== 'stored' || file === undefined || line === undefined) return null;
    answer(args, io, { stored: file, line, notes }, () =>
      [...(notes ?? []), `kept as certificates/${file}. No document names it yet; write into it:`, `  ${line}`, ''].join('\n'),
    );
    return exitCode.done;
  });
}
