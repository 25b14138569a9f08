import { basename, dirname } from 'node:path';
import { bundleOf } from '../../config/bundle.ts';
import { certificatesIn } from '../../config/pem.ts';
import { causeOf } from '../../host/cause.ts';
import { errno } from '../../host/host.ts';
import { secret } from '../../state/host-state.ts';
import { answer, refuseWith } from '../answer.ts';
import type { Arguments } from '../command.ts';
import { type ExitCode, exitCode, type Io } from '../io.ts';
import { readNamed, type Unreadable } from './certificate-file.ts';
import { handOver } from './install.ts';

const hint = 'weir cert import shop.pfx --name shop; the password is asked for, or the first line of standard input';

/** `weir cert import FILE.pfx`: what another system exported, as PKCS#12 (RFC 7292), in the form that HAProxy wants. */
export async function importCertificate(args: Arguments, io: Io): Promise<ExitCode> {
  const [file, ...more] = args.positional;
  if (file === undefined || more.length > 0) return refuseWith(args, io, 'import takes one file', hint);
  const { name: given, out } = args.options;
  const name = typeof given === 'string' ? given : basename(file).replace(/\.(pfx|p12)$/i, '');
  if (!/^[A-Za-z][A-Za-z0-9_.-]{0,63}$/.test(name))
    return refuseWith(args, io, `"${name}" is no name of a certificate`, `say one: ${hint}`);
  const bytes = await readNamed(file, io);
  if (!(bytes instanceof Uint8Array)) return refuseWith(args, io, bytes.reason, bytes.hint);
  const pem = await pemOf(file, await io.secret(`Password of ${basename(file)}: `), io);
  if (typeof pem !== 'string') return refuseWith(args, io, pem.reason, pem.hint);
  return typeof out === 'string' ? writeOut(args, io, { file, name, out, pem }) : handOver(args, io, name, pem);
}

/**
 * All of a PFX file as PEM, by openssl, which reads the password from its standard input: an argument would be seen by everyone on the machine. What Windows
 * and Java wrote for twenty years is encrypted by RC2 or triple DES, which only OpenSSL's legacy provider has.
 */
async function pemOf(file: string, password: string, io: Io): Promise<string | Unreadable> {
  const open = (...more: readonly string[]) =>
    io.host.run('openssl', ['pkcs12', '-in', file, '-nodes', '-passin', 'stdin', ...more], { input: `${password}\n` });
  const isOld = (words: string) => /unsupported|inner_evp_generic_fetch|digital envelope/i.test(words);
  const first = await open();
  const found = first.exitCode !== 0 && isOld(first.stderr) ? await open('-legacy') : first;
  if (found.exitCode === 0) return found.stdout;
  if (found.exitCode === null) return { reason: `openssl does not run: ${found.stderr.trim()}`, hint: 'install openssl' };
  if (/mac verify|invalid password|bad decrypt|pkcs12 cipherfinal/i.test(found.stderr))
    return { reason: `the password of ${file} is wrong`, hint: 'it is the one that was given when the file was exported' };
  if (isOld(found.stderr) || /legacy/i.test(found.stderr))
    return { reason: `${file} is encrypted by a method that this openssl does not have`, hint: 'export it anew, with AES' };
  return { reason: `${file} is no PFX file (PKCS#12)`, hint: 'PEM, DER and PKCS#7 are taken by: weir cert install NAME FILE' };
}

/** The repaired PEM as a file beside a document of any machine. */
async function writeOut(
  args: Arguments,
  io: Io,
  { file, name, out, pem }: { readonly file: string; readonly name: string; readonly out: string; readonly pem: string },
): Promise<ExitCode> {
  const roots = await io.host.readBytes('/etc/ssl/certs/ca-certificates.crt', 4 * 2 ** 20).catch(() => null);
  const known = roots === null ? [] : (certificatesIn(new TextDecoder().decode(roots)) ?? []);
  const bundle = bundleOf({ text: pem, waiting: null, roots: known, now: new Date(io.host.now()) });
  if (bundle.kind === 'unusable') return refuseWith(args, io, `${file}: ${bundle.reason}`, bundle.hint);
  try {
    await io.host.writeBelow(dirname(out), `/${basename(out)}`, { content: secret(bundle.pem), mode: 0o600, owner: 'root:root' });
  } catch (error) {
    if (errno(error) === null) throw error;
    return refuseWith(args, io, `cannot write ${out}: ${causeOf(error, out)}`, 'name a file that you may write');
  }
  const line = `certificates: { ${name}: { pem: ${basename(out)} } }`;
  answer(args, io, { out, line, notes: bundle.notes }, () =>
    [...bundle.notes, `wrote ${out}; the document says, with the file in certificates/ beside it:`, `  ${line}`, ''].join('\n'),
  );
  return exitCode.done;
}
