import type { CertificateList, Listed } from '../../agent/certificate-list.ts';
import type { Waiting } from '../../agent/certificate-requests.ts';
import { sockets } from '../../agent/sockets.ts';
import { askAgent, planMs } from '../agent-client.ts';
import { answer, refuseWith } from '../answer.ts';
import type { Arguments } from '../command.ts';
import { type ExitCode, exitCode, type Io } from '../io.ts';

/** `weir cert list`: the certificates of the confirmed document. */
export async function listCertificates(args: Arguments, io: Io): Promise<ExitCode> {
  if (args.positional.length > 0) return refuseWith(args, io, 'list takes nothing more', 'weir cert list');
  const answered = await askAgent(sockets.agent, 'GET', '/certificates', null, { timeoutMs: planMs, shownTo: io });
  if (answered.kind === 'unreachable') return refuseWith(args, io, answered.message, answered.hint);
  const {
    certificates = [],
    unreadable = [],
    waiting = [],
    message,
  } = (answered.lines[0] ?? {}) as Partial<CertificateList> & {
    readonly message?: string;
  };
  if (answered.status !== 200) return refuseWith(args, io, message ?? `the agent answered ${answered.status}`);
  answer(args, io, { certificates, unreadable, waiting }, () =>
    [
      ...(certificates.length + unreadable.length === 0 ? ['The confirmed document has no certificate.'] : certificates.map(listText)),
      ...unreadable.map((file) => `${file}: no certificate can be read in it`),
      ...waiting.map(waitingText),
      '',
    ].join('\n'),
  );
  return exitCode.done;
}

const hurry = { expired: 'EXPIRED', urgent: 'EXPIRES NOW', near: 'renew it', soon: 'plan its renewal' } as const;

function listText({ name, file, subject, names, issuer, key, notAfter, days, level, binds }: Listed): string {
  const row = (what: string, text: string) => `  ${what.padEnd(8)} ${text}`;
  const left = days < 0 ? `${-days} days ago` : `${days} days left`;
  return [
    `${name}  (${file})`,
    row('ends', `${notAfter}, ${left}${level === null ? '' : `: ${hurry[level]}`}`),
    row('for', names.join(' ') || '(no name)'),
    row('subject', `${subject}, ${key}`),
    row('issuer', issuer),
    row('binds', binds.join(', ') || 'none: no bind offers it'),
  ].join('\n');
}

function waitingText({ name, names, key, by, since }: Waiting): string {
  return `${name}  requested by ${by} at ${since}, ${key}, for ${names.join(' ')}: weir cert install ${name} FILE`;
}
