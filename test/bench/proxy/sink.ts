import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { execa } from 'execa';
import type { Lab } from './lab.ts';

/** A reader of log lines, as rsyslog is on the appliance: it takes each datagram, counts it, and forgets it. */
export interface Sink {
  /** Lines so far. */
  readonly lines: () => Promise<number>;
  readonly stop: () => Promise<void>;
}

/** Node opens no datagram socket of the UNIX family; perl is on every Debian. It answers its count on SIGUSR1. */
const program = `
  use Socket;
  my ($path, $n, $line) = ($ARGV[0], 0, "");
  $| = 1;
  umask 0;
  socket(my $socket, AF_UNIX, SOCK_DGRAM, 0) or die $!;
  bind($socket, sockaddr_un($path)) or die "$path: $!";
  $SIG{USR1} = sub { print "$n\\n" };
  print "ready\\n";
  while (1) { $n++ if defined recv($socket, $line, 65536, 0) }
`;

/** Starts a sink at the socket `log` of a folder; it dies with this process. */
export async function startSink({ clients, otherCpus }: Lab, folder: string): Promise<Sink> {
  const where = ['nsenter', '-t', String(clients.world.pid), '-n', '--', 'taskset', '-c', otherCpus.join(',')];
  const child = execa('setpriv', ['--pdeathsig', 'KILL', ...where, 'perl', '-e', program, join(folder, 'log')], {
    reject: false,
    buffer: false,
  });
  const lines = createInterface({ input: child.stdout });
  const next = async (): Promise<string> => {
    const [line] = await Promise.race([once(lines, 'line'), child.then(() => ['the sink of log lines has ended'])]);
    return String(line);
  };
  const ready = await next();
  if (ready !== 'ready') throw new Error(ready);
  return {
    lines: async () => {
      const answer = next();
      child.kill('SIGUSR1');
      return Number(await answer);
    },
    stop: async () => {
      child.kill('SIGKILL');
      await child;
    },
  };
}
