import { randomUUID } from 'node:crypto';
import type { Socket } from 'node:net';
import type { Run } from './root.ts';

const base64 = (text: string) => Buffer.from(text).toString('base64');

/**
 * QEMU arguments that add a service to an unmodified image, started early in its boot: systemd takes units from the hypervisor as credentials in
 * SMBIOS strings (systemd.system-credentials(7): systemd.extra-unit, systemd.unit-dropin).
 */
export function unitArguments(name: string, service: string): readonly string[] {
  const credential = (id: string, value: string) => ['-smbios', `type=11,value=io.systemd.credential.binary:${id}=${base64(value)}`];
  return [
    ...credential(`systemd.extra-unit.${name}.service`, service),
    ...credential(`systemd.unit-dropin.sysinit.target~${name}`, `[Unit]\nWants=${name}.service\n`),
  ];
}

/** QEMU arguments that give an unmodified image a root shell on its second serial line. */
export function shellArguments(socket: string): readonly string[] {
  const unit = `[Unit]
DefaultDependencies=no
[Service]
ExecStart=/bin/sh -c 'stty -F /dev/ttyS1 raw -echo; exec /bin/sh <>/dev/ttyS1 >&0 2>&1'
Restart=always
`;
  return [
    ...['-chardev', `socket,id=shell,path=${socket},server=on,wait=off`, '-serial', 'chardev:shell'],
    ...unitArguments('test-shell', unit),
  ];
}

/**
 * A guest's programs, run through the root shell that `shellArguments` opened. One at a time; a command that takes longer than
 * its time, or whose guest ends, is an error. The shell is asked until it answers, so a guest may still be booting.
 */
export function shellOver(socket: Socket): Run {
  let heard = '';
  socket.setEncoding('utf8');
  socket.on('data', (text: string) => {
    heard += text;
  });
  // a power cut may find a command on its way
  let ended: string | null = null;
  socket.on('error', (error) => {
    ended = error.message;
  });
  socket.on('close', () => {
    ended ??= 'QEMU has ended';
  });
  const until = async (pattern: RegExp, timeoutMs: number): Promise<RegExpExecArray | undefined> => {
    for (const end = Date.now() + timeoutMs; Date.now() < end; ) {
      const found = pattern.exec(heard);
      if (found) return found;
      if (ended !== null) throw new Error(`the guest's root shell is gone: ${ended}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    return undefined;
  };
  const awake = async (timeoutMs: number): Promise<void> => {
    for (const end = Date.now() + timeoutMs; Date.now() < end; ) {
      const mark = randomUUID();
      socket.write(`\necho ${mark}\n`);
      if (await until(new RegExp(`${mark}\\s`), 2000)) return;
    }
    throw new Error(`the root shell did not answer in ${timeoutMs} ms; it said: ${heard.slice(-500)}`);
  };
  let last: Promise<unknown> = Promise.resolve();
  return (argv, { input = '', timeoutMs = 60_000 } = {}) => {
    const answer = last.then(async () => {
      await awake(120_000);
      const mark = randomUUID();
      const command = argv.map((word) => `'${word.replaceAll("'", `'\\''`)}'`).join(' ');
      const script = `t=$(mktemp -d /run/shell.XXXXXX); echo ${base64(input)} | base64 -d >$t/in; ${command} <$t/in >$t/out 2>$t/err; c=$?
echo "${mark} $c $(base64 -w0 $t/out).$(base64 -w0 $t/err)."; rm -r $t`;
      heard = '';
      socket.write(`echo ${base64(script)} | base64 -d >/run/shell.script; sh /run/shell.script </dev/null\n`);
      const found = await until(new RegExp(`${mark} (\\d+) ([^.]*)\\.([^.]*)\\.`), timeoutMs);
      if (!found) throw new Error(`${argv.join(' ')} took longer than ${timeoutMs} ms in the guest; it said: ${heard.slice(-500)}`);
      const text = (part: string | undefined) => Buffer.from(part ?? '', 'base64').toString();
      return { code: Number(found[1]), stdout: text(found[2]), stderr: text(found[3]) };
    });
    last = answer.catch(() => undefined);
    return answer;
  };
}
