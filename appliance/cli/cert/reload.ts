import { refuseWith } from '../answer.ts';
import { change } from '../change.ts';
import type { Arguments } from '../command.ts';
import type { ExitCode, Io } from '../io.ts';

/** `weir cert reload [NAME]`: takes up the files of a certificate, or of all, that were replaced beside the document of this machine. */
export function reloadCertificates(args: Arguments, io: Io): Promise<ExitCode> | ExitCode {
  const [name = null, ...more] = args.positional;
  if (more.length > 0) return refuseWith(args, io, 'reload takes one name, or none for all', 'weir cert reload shop');
  return change(args, io, '/certificates/reload', { name });
}
