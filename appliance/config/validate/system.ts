import type { Problem } from '../problem.ts';
import { type Context, warning } from './context.ts';

/** Complete hashes by their scheme (crypt(5)). A shortened one is no secret and no password. */
const COMPLETE =
  /^\$(?:(?:y|gy)\$[./A-Za-z0-9]+\$[./A-Za-z0-9]{1,86}\$[./A-Za-z0-9]{43}|7\$[./A-Za-z0-9]{11,97}\$[./A-Za-z0-9]{43}|6\$(?:rounds=[0-9]+\$)?[^$]{1,16}\$[./A-Za-z0-9]{86}|5\$(?:rounds=[0-9]+\$)?[^$]{1,16}\$[./A-Za-z0-9]{43}|2[aby]\$[0-9]{2}\$[./A-Za-z0-9]{53})$/;

/** Checks the machine's settings. */
export function checkSystem({ document }: Context): readonly Problem[] {
  const { admin, ssh } = document.system;
  const { password } = admin;
  const problems: Problem[] = [];
  if (password !== undefined && !COMPLETE.test(password)) {
    problems.push(
      warning(['system', 'admin', 'password'], 'the password hash is not complete: no password will match it', 'mkpasswd -m yescrypt'),
    );
  }
  if (ssh.from.length > 0 && ssh.keys.length === 0) {
    problems.push(warning(['system', 'ssh', 'from'], 'no SSH server runs, because there are no keys', 'add keys:, or remove from:'));
  }
  return problems;
}
