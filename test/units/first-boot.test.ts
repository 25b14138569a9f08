import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { execa, execaSync } from 'execa';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { type Container, startContainer } from '../support/container.ts';
import { atEnd, temporaryFolder } from '../support/ending.ts';
import { type Staged, stage } from '../support/staged.ts';

let machine: Container;
let work: string;
const loops: string[] = [];
const out = async (...argv: string[]) => (await machine.run(argv)).stdout;

beforeAll(async () => {
  work = temporaryFolder('volume');
  // without the agent, which may still be starting and would look at what was laid
  machine = await startContainer({ without: ['/usr/bin/weir'] });
});
afterEach(async () => {
  // systemd starts nothing more than five times in ten seconds, unless it is told to forget
  await machine.run(['systemctl', 'reset-failed', 'weir-first-boot']);
  await machine.run(['rm', '-rf', '/run/weir/first-boot']);
  for (const loop of loops.splice(0)) {
    await execa('losetup', ['--detach', loop]);
    await machine.run(['rm', loop]);
  }
});
afterAll(async () => {
  await machine?.stop();
  await rm(work, { recursive: true });
});

/** Puts a volume with this label and these files into the machine, as a disk of its own. */
async function insert(label: string, files: Staged): Promise<void> {
  const folder = await mkdtemp(join(work, 'files-'));
  await stage(folder, files);
  await execa('mke2fs', ['-q', '-t', 'ext4', '-L', label, '-d', folder, `${folder}.img`, '8M']);
  const { stdout: loop } = await execa('losetup', ['--find', '--show', '--read-only', `${folder}.img`]);
  atEnd(() => execaSync('losetup', ['--detach', loop]));
  loops.push(loop);
  const { code, stderr } = await machine.run(['mknod', loop, 'b', '7', loop.replace('/dev/loop', '')]);
  if (code !== 0) throw new Error(stderr);
}

const look = async () => (await machine.run(['systemctl', 'restart', 'weir-first-boot'])).code;
const found = () => out('sh', '-c', 'cd /run/weir && [ ! -d first-boot ] || (cd first-boot && find . -type f -printf "%P %m\\n" | sort)');
const issue = () => out('cat', '/run/issue.d/weir.issue');

test('takes the document and its files from a volume labelled WEIR, and no link', async () => {
  await insert('WEIR', {
    '/config.yaml': 'version: 1\n',
    '/node': 'lb1\n',
    '/certificates/shop.pem': 'a key\n',
    '/certificates/shadow.pem': { link: '/etc/shadow' },
    '/maps/blocked.map': '192.0.2.66\n',
    '/secrets': { link: '/etc' },
    '/other/file': 'not ours\n',
  });
  expect(await look()).toBe(0);
  expect(await found()).toBe('certificates/shop.pem 600\nconfig.yaml 600\nmaps/blocked.map 600\nnode 600\n');
  expect(await out('cat', '/run/weir/first-boot/config.yaml')).toBe('version: 1\n');
  expect(await issue()).toContain('The first document is being applied.');
  expect(await issue()).not.toContain('Nothing is configured');
});

test('follows no link out of a volume, whatever it calls itself', async () => {
  await insert('WEIR', { '/config.yaml': { link: '/etc/shadow' }, '/node': { link: '/etc/hostname' } });
  await insert('cidata', { '/user-data': { link: '/etc/shadow' } });
  await insert('config-2', { '/openstack': { link: '/run' } });
  await machine.run(['sh', '-c', 'mkdir -p /run/latest && echo "#weir-config" >/run/latest/user_data']);
  expect(await look()).toBe(0);
  expect(await found()).toBe('');
  expect(await issue()).toContain(`The volume WEIR on ${loops[0]} has no file config.yaml.\n`);
});

test.each([
  ['cidata', '/user-data'],
  ['CIDATA', '/user-data'],
  ['config-2', '/openstack/latest/user_data'],
  ['CONFIG-2', '/openstack/latest/user_data'],
])('takes user-data that begins with #weir-config from a volume labelled %s', async (label, path) => {
  await insert(label, { [path]: '#weir-config\nversion: 1\n', '/meta-data': 'instance-id: i\n' });
  expect(await look()).toBe(0);
  expect(await found()).toBe('config.yaml 600\n');
});

test('takes user-data with the line ends of Windows', async () => {
  await insert('cidata', { '/user-data': '#weir-config\r\nversion: 1\r\n' });
  expect(await look()).toBe(0);
  expect(await out('cat', '/run/weir/first-boot/config.yaml')).toBe('#weir-config\r\nversion: 1\r\n');
});

test('leaves user-data of others alone, and says so on the console', async () => {
  await insert('cidata', { '/user-data': '#cloud-config\nusers: []\n' });
  expect(await look()).toBe(0);
  expect(await found()).toBe('');
  expect(await issue()).toContain(`The user-data on ${loops[0]} does not begin with #weir-config: it is not for weir.\n`);
});

test('refuses two sources, takes neither, and says so on the console', async () => {
  await insert('WEIR', { '/config.yaml': 'version: 1\n' });
  await insert('cidata', { '/user-data': '#weir-config\nversion: 1\n' });
  // an agent that looks meanwhile finds nothing, not the first of the two
  const watch = 'while :; do [ ! -e /run/weir/first-boot ] || echo seen; done & systemctl restart weir-first-boot; echo $?; kill $!';
  expect(await out('sh', '-c', watch)).toBe('1\n');
  expect(await found()).toBe('');
  for (const loop of loops) expect(await issue()).toContain(loop);
  expect(await issue()).toContain('The first document was refused: there are two');
});

test('looks nowhere once something is confirmed', async () => {
  await machine.run(['ln', '-s', 'generations/1-lb1', '/data/weir/confirmed']);
  await insert('WEIR', { '/config.yaml': 'version: 1\n' });
  expect(await look()).toBe(0);
  expect(await found()).toBe('');
});
