import { existsSync, readFileSync } from 'node:fs';
import { execa } from 'execa';
import { expect, test } from 'vitest';

const program = `
  import { spawn } from 'node:child_process';
  import { writeFileSync } from 'node:fs';
  import { atEnd, killAtEnd, temporaryFolder } from './test/support/ending.ts';
  const folder = temporaryFolder('ending');
  writeFileSync(folder + '/file', '');
  const { pid } = spawn('sleep', ['60'], { stdio: 'ignore', detached: true });
  killAtEnd(pid);
  atEnd(() => { throw new Error('nothing was left to undo'); });
  process.stdout.write(folder + ' ' + pid + ' ');
  setInterval(() => {}, 1000);
`;

/** Whether it does more than wait for whoever has to notice its end. */
function runs(pid: string): boolean {
  return existsSync(`/proc/${pid}`) && readFileSync(`/proc/${pid}/cmdline`, 'utf8') !== '';
}

test.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)('what a test made goes when its process ends by %s', async (signal) => {
  const child = execa('node', ['--import', 'tsx', '--input-type=module', '--eval', program], { reject: false, buffer: false });
  const said = await new Promise<string>((resolve) => child.stdout.once('data', (data) => resolve(`${data}`)));
  const [folder, pid] = said.split(' ') as [string, string];
  expect(existsSync(folder)).toBe(true);
  expect(runs(pid)).toBe(true);
  child.kill(signal);
  await child;
  expect(existsSync(folder)).toBe(false);
  await expect.poll(() => runs(pid)).toBe(false);
});
