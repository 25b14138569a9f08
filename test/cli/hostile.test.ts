import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { askAgent } from '../../appliance/cli/agent-client.ts';
import { cpu, machine } from '../tuning/machine.ts';
import { weir } from './weir.ts';

let work: string;
beforeAll(async () => {
  // loaded when first needed, which a user who may not read this checkout cannot
  await import('../../appliance/config/load.ts');
  work = mkdtempSync(join(tmpdir(), 'weir-hostile-'));
  process.chdir(work);
  writeFileSync('config.yaml', 'version: 1\nnodes:\n  lb1: { links: { front: { mac: 52:54:00:00:00:01, addresses: dhcp } } }\n');
  for (const name of ['locked.yaml', 'locked.json']) writeFileSync(name, '{}', { mode: 0o000 });
  for (const name of ['folder', 'locked', 'out/run/weir/haproxy.cfg', 'odd/maps', 'shut/maps']) mkdirSync(name, { recursive: true });
  for (const name of ['odd', 'shut']) writeFileSync(`${name}/config.yaml`, 'version: 1\n');
  symlinkSync('circle', 'circle');
  execFileSync('mkfifo', ['pipe', 'odd/maps/pipe']);
  writeFileSync('text.json', 'hello');
  writeFileSync('list.json', '[]');
  writeFileSync('newer.json', '{ "version": 2 }');
  writeFileSync('wrong.json', JSON.stringify(machine({ cpus: [cpu(-1)] })));
  writeFileSync('long.json', JSON.stringify(machine({ kernel: 'x'.repeat(201) })));
  execFileSync('chmod', ['-R', 'a+rwX', 'out']);
  chmodSync('locked', 0o555);
  chmodSync('shut/maps', 0o000);
  chmodSync('.', 0o777);
});
afterAll(() => {
  process.chdir('/');
  rmSync(work, { recursive: true, force: true });
});

/** Does something as a user who may read and write what is for all alone. */
async function asNobody<T>(act: () => Promise<T>): Promise<T> {
  const { geteuid, seteuid } = process;
  if (geteuid?.() !== 0 || seteuid === undefined) return act();
  seteuid(65_534);
  try {
    return await act();
  } finally {
    seteuid(0);
  }
}

const noFile = 'it is not a file but a pipe, a socket or a device';
const byStdin = 'name a file, or - and hand the document in on standard input';
const permissions = 'check its permissions, or name another file';
const another = 'name a folder that you may write to';

const render = (...more: string[]) => ['render', '--config', 'config.yaml', '--out', ...more];

describe('what cannot be read, written or understood is refused in words, at once', () => {
  test.each([
    [['validate', 'none.yaml'], 'cannot read none.yaml: there is no such file', 'name the document: weir validate FILE, or --config FILE'],
    [['validate', 'folder'], 'cannot read folder: it is a folder, not a file', 'name the document in it: folder/config.yaml'],
    [['validate', 'pipe'], `cannot read pipe: ${noFile}`, byStdin],
    [['validate', '/dev/zero'], `cannot read /dev/zero: ${noFile}`, byStdin],
    [['validate', 'circle'], 'cannot read circle: its symbolic links lead in a circle', permissions],
    [['validate', 'locked.yaml'], 'cannot read locked.yaml: permission is denied', permissions],
    [['validate', 'x'.repeat(300)], `cannot read ${'x'.repeat(300)}: the name is too long`, permissions],
    [['plan', 'pipe'], `cannot read pipe: ${noFile}`, byStdin],
    [['apply', 'folder'], 'cannot read folder: it is a folder, not a file', 'name the document in it: folder/config.yaml'],
    [
      ['validate', 'odd/config.yaml'],
      `cannot read a file beside odd/config.yaml: ${noFile} (odd/maps/pipe)`,
      'check its permissions, or take it away',
    ],
    [
      ['validate', 'shut/config.yaml'],
      'cannot read a file beside shut/config.yaml: permission is denied (shut/maps)',
      'check its permissions, or take it away',
    ],
    [render('/proc/x'), 'cannot write below /proc/x: there is no such file or folder', another],
    [render('text.json'), 'cannot write below text.json: a file stands where a folder should be (text.json/etc/default/keyboard)', another],
    [render('locked'), 'cannot write below locked: permission is denied (locked/etc)', another],
    [render('out'), 'cannot write below out: it is a folder, not a file (out/run/weir/haproxy.cfg)', another],
    [['agent'], 'this machine is not a weir appliance', 'validate, schema, render and probe work on any machine'],
  ])('weir %j', async (argv, message, hint) => {
    expect(await asNobody(() => weir(...argv))).toEqual({ code: 2, stdout: '', stderr: `weir: ${message}\n      ${hint}\n` });
  });

  test.each([
    ['none.json', 'cannot read none.json: there is no such file'],
    ['pipe', `cannot read pipe: ${noFile}`],
    ['locked.json', 'cannot read locked.json: permission is denied'],
    ['text.json', 'text.json is not a description of a machine: it is not JSON'],
    ['list.json', 'list.json is not a description of a machine: expected a map, got a list'],
    ['newer.json', 'newer.json is not a description of a machine: version: expected 1, got the number 2'],
    ['wrong.json', 'wrong.json is not a description of a machine: cpus.0.id: expected at least 0'],
    ['long.json', 'long.json is not a description of a machine: kernel: expected at most 200 characters'],
  ])('the machine that %s describes', async (file, message) => {
    const { code, stdout, stderr } = await asNobody(() => weir(...render('o', '--hardware', file)));
    expect({ code, stdout, stderr }).toEqual({
      code: 2,
      stdout: '',
      stderr: `weir: ${message}\n      make one on the machine with: weir probe --json > hardware.json\n`,
    });
  });
});

/** Runs weir as a program of its own, by a shell line in which it is `"$@"`. */
function program(line: string) {
  const main = join(import.meta.dirname, '../../appliance/main.ts');
  const { status, stderr } = spawnSync('sh', ['-c', line, 'sh', process.execPath, '--import', import.meta.resolve('tsx'), main], {
    encoding: 'utf8',
  });
  return { status, stderr };
}

test('an answer that cannot be written is a failure, in words', { timeout: 60_000 }, () => {
  expect(program('"$@" schema >/dev/full')).toEqual({ status: 1, stderr: 'weir: the answer cannot be written: no space is left\n' });
  expect(program('"$@" schema | head -n 1 >/dev/null').status).toBe(0);
  expect(program('"$@" validate none.yaml 2>/dev/full').status).toBe(2);
});

test('a current folder that is gone is no place to write below', async () => {
  mkdirSync('gone');
  process.chdir('gone');
  rmSync('../gone', { recursive: true });
  const { code, stderr } = await weir('render', '--config', join(work, 'config.yaml'), '--out', 'x');
  process.chdir(work);
  expect({ code, stderr }).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('cannot write below x: there is no such file or folder'),
  });
});

test('an agent that hangs is not waited for by those who ask how the machine is', async () => {
  const hung = createServer(() => {}).listen('hung.sock');
  try {
    expect(await askAgent('hung.sock', 'GET', '/status', null, { timeoutMs: 100 })).toMatchObject({
      kind: 'unreachable',
      message: 'the agent does not answer',
    });
  } finally {
    hung.close();
  }
});

test('the answer to a check is JSON when that is asked for, without an agent too', async () => {
  const { code, stdout } = await weir('status', '--check', '--json');
  expect({ code, answer: JSON.parse(stdout) }).toMatchObject({ code: 3, answer: { version: 1, problems: [{ path: '' }] } });
});
