import { existsSync } from 'node:fs';

/** What the bench measures and how it is made. */
const makers: Readonly<Record<string, string>> = {
  'build/root': 'npm run build, then image/container (as root)',
  'build/weir.qcow2': 'image/build',
  'build/slot': 'image/build',
  'build/base.tar': 'image/base (as root)',
};

/** @throws Error that says what to run first, when something is not there. */
export function needs(...paths: readonly (keyof typeof makers)[]): void {
  const missing = paths.filter((path) => !existsSync(path));
  if (missing.length === 0) return;
  throw new Error(missing.map((path) => `${path} is not there: run ${makers[path]} first`).join('; '));
}
