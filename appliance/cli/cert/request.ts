import type { Waiting } from '../../agent/certificate-requests.ts';
import { sockets } from '../../agent/sockets.ts';
import { answerMs, askAgent, planMs } from '../agent-client.ts';
import { answer, refuseWith } from '../answer.ts';
import type { Arguments } from '../command.ts';
import { type ExitCode, exitCode, type Io } from '../io.ts';

/** `weir cert request NAME`: a key that stays on this machine, and on standard output the request that goes to the CA. */
export async function requestCertificate(args: Arguments, io: Io): Promise<ExitCode> {
  const [name, ...more] = args.positional;
  const { san, rsa, subject, replace } = args.options;
  const hint = 'weir cert request shop --san shop.example,www.shop.example';
  if (name === undefined || more.length > 0) return refuseWith(args, io, 'request takes one name', hint);
  if (rsa !== undefined && !/^(20(4[89]|[5-9]\d)|2[1-9]\d\d|3\d{3}|40([0-8]\d|9[0-6]))$/.test(String(rsa)))
    return refuseWith(
      args,
      io,
      `"${rsa}" is not a number of bits from 2048 to 4096`,
      'an EC key on P-256 is smaller and faster: leave --rsa out',
    );
  const request = {
    name,
    names: typeof san === 'string' ? san.split(/[\s,]+/).filter((one) => one !== '') : [],
    rsa: rsa === undefined ? null : Number(rsa),
    subject: typeof subject === 'string' ? subject : null,
    replace: replace === true,
    by: io.user,
  };
  const answered = await askAgent(sockets.agent, 'POST', '/certificates/request', request, { timeoutMs: planMs, shownTo: io });
  if (answered.kind === 'unreachable') return refuseWith(args, io, answered.message, answered.hint);
  const { csr, waiting, reasons, message } = (answered.lines[0] ?? {}) as {
    readonly csr?: string;
    readonly waiting?: Waiting;
    readonly reasons?: readonly string[];
    readonly message?: string;
  };
  if (csr === undefined || waiting === undefined) {
    refuseWith(args, io, reasons?.join('; ') ?? message ?? `the agent answered ${answered.status}`);
    return answered.status >= 500 ? exitCode.failed : exitCode.refused;
  }
  answer(args, io, { csr, ...waiting }, () => csr);
  if (!args.options.json)
    io.stderr(
      `${waiting.key} key for ${waiting.names.join(' ')}, which stays here. With your CA's answer: weir cert install ${name} FILE\n`,
    );
  return exitCode.done;
}

/** `weir cert forget NAME`: the key of a request that nobody wants any more is removed. */
export async function forgetRequest(args: Arguments, io: Io): Promise<ExitCode> {
  const [name, ...more] = args.positional;
  if (name === undefined || more.length > 0)
    return refuseWith(args, io, 'forget takes one name', 'weir cert list tells which requests wait');
  const answered = await askAgent(sockets.agent, 'POST', '/certificates/forget', { name, by: io.user }, { timeoutMs: answerMs });
  if (answered.kind === 'unreachable') return refuseWith(args, io, answered.message, answered.hint);
  const { message } = (answered.lines[0] ?? {}) as { readonly message?: string };
  if (answered.status !== 200)
    return refuseWith(args, io, message ?? `the agent answered ${answered.status}`, 'weir cert list tells which requests wait');
  answer(args, io, { forgotten: name }, () => `forgotten: the request for ${name}, and its key\n`);
  return exitCode.done;
}
