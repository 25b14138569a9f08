import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { cleanEnvironment, imageRoot } from '../support/root.ts';
import type { Stage } from './proof.ts';

/** What the tests ask with that this machine may not have (image/clients). */
const clientsRoot = join(import.meta.dirname, '../../build/clients');

/** What curl says of an exchange: the answer with its head, and its own exit code. */
export interface Curled {
  readonly code: number | null;
  readonly text: string;
}

/** Asks with the curl of the image's Debian from outside; certificates are not verified. Ends after 5 seconds. */
export async function curl({ networks }: Pick<Stage, 'networks'>, ...args: readonly string[]): Promise<Curled> {
  if (!existsSync(join(clientsRoot, 'usr/bin/curl'))) throw new Error(`${clientsRoot} is not there: image/clients makes it`);
  const argv = ['curl', '--silent', '--show-error', '--insecure', '--include', '--max-time', '5', ...args];
  const { code, stdout, stderr } = await networks.outside.run([...cleanEnvironment, 'chroot', clientsRoot, ...argv]);
  return { code, text: stdout + stderr };
}

/** Runs openssl of the image outside, where it finds nothing but what stands on its standard input. */
export async function openssl({ networks }: Pick<Stage, 'networks'>, ...args: readonly string[]): Promise<string> {
  const { stdout, stderr } = await networks.outside.run([...cleanEnvironment, 'chroot', imageRoot, 'timeout', '5', 'openssl', ...args], {
    input: '',
  });
  return stdout + stderr;
}
