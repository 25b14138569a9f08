import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Container, startContainer } from '../support/container.ts';
import { type Staged, stage } from '../support/staged.ts';

let machine: Container;
let work: string;
let loops: string[] = [];
const out = async (...argv: string[]) => (await machine.run(argv)).stdout;

beforeEach(async () => {
  work = await mkdtemp(join(tmpdir(), 'weir-volume-'));
  machine = await startContainer();
});
afterEach(async () => {
  await machine.stop();
  for (const loop of loops) await execa('losetup', ['--detach', loop]);
  loops = [];
  await rm(work, { recursive: true });
});

/** Puts a volume with this label and these files into the machine, as a disk of its own. */
async function insert(label: string, files: Staged): Promise<void> {
  const folder = await mkdtemp(join(work, 'files-'));
  await stage(folder, files);
  await execa('mke2fs', ['-q', '-t', 'ext4', '-L', label, '-d', folder, `${folder}.img`, '8M']);
  const { stdout: loop } = await execa('losetup', ['--find', '--show', '--read-only', `${folder}.img`]);
  loops.push(loop);
  const { code, stderr } = await machine.run(['mknod', loop, 'b', '7', loop.replace('/dev/loop', '')]);
  if (code !== 0) throw new Error(stderr);
}

const look = async () => (await machine.run(['systemctl', 'restart', 'weir-first-boot'])).code;
const found = () => out('sh', '-c', 'cd /run/weir/first-boot && find . -type f -printf "%P %m\\n" | sort');

test('takes the document and its files from a volume labelled WEIR, and no link', async () => {
  await insert('WEIR', {
    '/config.yaml': 'version: 1\n',
    '/node': 'lb1\n',
    '/certificates/shop.pem': 'a key\n',
    '/certificates/shadow.pem': { link: '/etc/shadow' },
    '/maps/blocked.map': '192.0.2.66\n',
    '/other/file': 'not ours\n',
  });
  expect(await look()).toBe(0);
  expect(await found()).toBe('certificates/shop.pem 600\nconfig.yaml 600\nmaps/blocked.map 600\nnode 600\n');
  expect(await out('cat', '/run/weir/first-boot/config.yaml')).toBe('version: 1\n');
  expect(await out('findmnt', '/run/weir/volume')).toBe('');
});

test('follows no link out of a volume, whatever it calls itself', async () => {
  await insert('WEIR', { '/config.yaml': { link: '/etc/shadow' }, '/node': { link: '/etc/hostname' } });
  await insert('cidata', { '/user-data': { link: '/etc/shadow' } });
  expect(await look()).toBe(0);
  expect(await out('ls', '/run/weir')).not.toMatch(/^first-boot$/m);
});

test.each([
  ['cidata', '/user-data'],
  ['CIDATA', '/user-data'],
  ['config-2', '/openstack/latest/user_data'],
])('takes user-data that begins with #weir-config from a volume labelled %s', async (label, path) => {
  await insert(label, { [path]: '#weir-config\nversion: 1\n', '/meta-data': 'instance-id: i\n' });
  expect(await look()).toBe(0);
  expect(await found()).toBe('config.yaml 600\n');
});

test('leaves user-data of others alone', async () => {
  await insert('cidata', { '/user-data': '#cloud-config\nusers: []\n' });
  expect(await look()).toBe(0);
  expect(await out('ls', '/run/weir')).not.toContain('first-boot');
});

test('refuses two sources, takes neither, and says so on the console', async () => {
  await insert('WEIR', { '/config.yaml': 'version: 1\n' });
  await insert('cidata', { '/user-data': '#weir-config\nversion: 1\n' });
  expect(await look()).toBe(1);
  expect(await out('ls', '/run/weir')).not.toMatch(/^first-boot$/m);
  const issue = await out('cat', '/run/issue.d/weir.issue');
  for (const loop of loops) expect(issue).toContain(loop);
  expect(issue).toContain('The first document was refused: there are two');
});

test('looks nowhere once something is confirmed', async () => {
  await machine.run(['ln', '-s', 'generations/1-lb1', '/data/weir/confirmed']);
  await insert('WEIR', { '/config.yaml': 'version: 1\n' });
  expect(await look()).toBe(0);
  expect(await out('ls', '/run/weir')).not.toContain('first-boot');
});
