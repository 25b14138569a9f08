import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { readCapture } from '../../../appliance/host/capture.ts';
import { linuxHost } from '../../../appliance/host/linux.ts';
import { probe } from '../../../appliance/host/probe.ts';
import { refused } from '../../../tuning/refused.ts';
import { catalogue, knobPaths } from '../../../tuning/sysctl.ts';
import { weir } from '../weir.ts';

const captures = join(import.meta.dirname, '../../hosts/captures');
const scratch = mkdtempSync(join(tmpdir(), 'weir-tune-'));
afterAll(() => rmSync(scratch, { recursive: true }));

/** A copy of a capture that a test may spoil. */
function copyOf(name: string): string {
  const folder = join(scratch, `${name}-${readdirSync(scratch).length}`);
  cpSync(join(captures, name), folder, { recursive: true });
  return folder;
}

describe('the plan of a captured machine', () => {
  test.each(readdirSync(captures))('%s is what people read, in 80 columns', async (name) => {
    const { code, stdout } = await weir('tune', 'plan', '--capture', join(captures, name));
    expect(code).toBe(0);
    const file = join(import.meta.dirname, `${name}.txt`);
    if (process.env.UPDATE_GOLDEN === '1') writeFileSync(file, stdout);
    expect(stdout).toBe(readFileSync(file, 'utf8'));
    expect(stdout.split('\n').filter((line) => line.length > 80)).toEqual([]);
  });

  test.each(readdirSync(captures))('%s is a shell script that shellcheck has nothing against', async (name) => {
    const { stdout } = await weir('tune', 'plan', '--capture', join(captures, name), '--as', 'shell');
    expect(stdout.split('\n').length).toBeGreaterThan(5);
    execFileSync('shellcheck', ['-'], { input: stdout });
  });

  test('for scripts has every value with its reason, and the plan of CPUs', async () => {
    const { stdout } = await weir('tune', 'plan', '--capture', join(captures, 'ena-4vcpu'), '--json');
    const { knobs, cpuPlan } = JSON.parse(stdout);
    expect(knobs).toContainEqual(expect.objectContaining({ path: 'irq:0000:00:05.0/3', name: 'ens5: interrupt 3', value: '3' }));
    expect(cpuPlan.irqCpus).toEqual({ '0000:00:05.0': [0, 1, 2, 3] });
    expect(cpuPlan.threads).toEqual({ nbthread: 4, threadGroups: 1, cpuMap: [] });
  });

  test('in the order of an apply begins with queues and ends with sysctls', async () => {
    const { stdout } = await weir('tune', 'plan', '--capture', join(captures, 'ena-4vcpu'), '--as', 'shell');
    const kinds = stdout.split('\n').map((line) => line.split(' ')[0]);
    expect(kinds.lastIndexOf('ethtool')).toBeLessThan(kinds.indexOf('echo'));
    expect(kinds.lastIndexOf('echo')).toBeLessThan(kinds.indexOf('sysctl'));
  });

  test('is of another profile when that is said', async () => {
    const { stdout } = await weir('tune', 'explain', 'swappiness', '--capture', join(captures, 'ena-4vcpu'), '--profile', 'latency');
    expect(stdout).toContain('profile latency');
    expect(await weir('tune', 'plan', '--profile', 'fast')).toMatchObject({ code: 2, stderr: expect.stringContaining('many-connections') });
  });
});

describe('a capture', () => {
  test('of this machine is this machine', async () => {
    const folder = join(scratch, 'here');
    const { code, stdout } = await weir('probe', '--capture', folder);
    expect({ code, stdout }).toMatchObject({ code: 0, stdout: expect.stringContaining('files below') });
    const read = await readCapture(linuxHost(), folder);
    if ('message' in read) throw new Error(read.message);
    const [here, there] = [await probe(linuxHost(), knobPaths), await probe(read.host, knobPaths)];
    // how often interrupts came is not part of a machine, and its first values are the kernel's of now
    expect(there).toEqual(here);
    expect(await weir('probe', '--capture', folder)).toMatchObject({ code: 2, stderr: expect.stringContaining('is not empty') });
  });

  test.each([
    ['there is no folder', () => join(scratch, 'nowhere'), 'is no folder'],
    [
      'the folder is empty',
      () => {
        const folder = join(scratch, 'empty');
        mkdirSync(folder, { recursive: true });
        return folder;
      },
      'holds nothing of a machine',
    ],
  ])('is refused where %s', async (_, folder, message) => {
    expect(await weir('tune', 'plan', '--capture', folder())).toMatchObject({ code: 2, stderr: expect.stringContaining(message) });
  });

  test.each([
    ['interrupts', '', 'interrupts: it is empty'],
    ['interrupts', '\0\0\0', 'interrupts: it is no text'],
    ['ethtool-g-ens5', 'x'.repeat(5_000_000), 'ethtool-g-ens5: it is too large'],
    ['lscpu-p', '0,0,0,0\nzero\n0,0,0,0\n', 'lscpu-p:3: CPU 0 comes twice'],
    ['lscpu-p', '0,0,0,0\n1,1,0,0\n', 'lscpu-p: it has no CPU 2-3, which interrupts has'],
    ['ethtool-g-ens9', 'Ring parameters for ens9:\n', 'ethtool-i-ens9: it is not there, so what drives ens9 is not known'],
    ['meminfo', '', 'meminfo: it is empty'],
  ])('whose %s is wrong says so, and the rest is planned', async (file, content, note) => {
    const folder = copyOf('ena-4vcpu');
    writeFileSync(join(folder, file), content);
    const { code, stdout } = await weir('tune', 'plan', '--capture', folder, '--json');
    const { notes, knobs } = JSON.parse(stdout);
    expect(code).toBe(0);
    expect(notes.join('\n')).toContain(note);
    expect(knobs.length).toBeGreaterThan(5);
  });

  test('is not left by a link', async () => {
    const folder = copyOf('ena-4vcpu');
    rmSync(join(folder, 'meminfo'));
    symlinkSync('/proc/meminfo', join(folder, 'meminfo'));
    const { stdout } = await weir('tune', 'plan', '--capture', folder, '--json');
    expect(JSON.parse(stdout).notes).toContain('meminfo: a symbolic link is not followed');
  });

  test('without interrupts, or with them alone, plans', async () => {
    const folder = copyOf('ixgbe-2numa');
    rmSync(join(folder, 'interrupts'));
    expect((await weir('tune', 'plan', '--capture', folder)).code).toBe(0);
    for (const name of readdirSync(folder)) rmSync(join(folder, name));
    cpSync(join(captures, 'ixgbe-2numa', 'interrupts'), join(folder, 'interrupts'));
    const { code, stdout } = await weir('tune', 'plan', '--capture', folder);
    expect(code).toBe(0);
    expect(stdout).toContain('interrupts: it tells no cores');
  });
});

describe('an explanation', () => {
  const folder = join(captures, 'ena-4vcpu');

  test('says what is wanted, why, who says so, and how to undo it', async () => {
    const { code, stdout } = await weir('tune', 'explain', 'net.core.somaxconn', '--capture', folder);
    expect(code).toBe(0);
    for (const word of ['wanted    65535 (at least', 'because   accept queue', 'source    HAProxy', 'undo      tuning.sysctl'])
      expect(stdout).toContain(word);
    expect(stdout.split('\n').filter((line) => line.length > 80)).toEqual([]);
  });

  test('of a NIC is found by a part of its name', async () => {
    const { stdout } = await weir('tune', 'explain', 'interrupt 3', '--capture', folder);
    expect(stdout).toContain('ens5: interrupt 3');
    expect(stdout).not.toContain('interrupt 2');
  });

  test('says why something is left out, or never set', async () => {
    expect((await weir('tune', 'explain', 'rss', '--capture', folder)).stdout).toContain('shows no table');
    expect((await weir('tune', 'explain', 'tcp_tw_recycle', '--capture', folder)).stdout).toContain('broke clients behind NAT');
  });

  test('of a value that is left says why, what the kernel starts with and when a document would set it', async () => {
    const { stdout } = await weir('tune', 'explain', 'net.ipv4.tcp_mem', '--capture', folder);
    expect(stdout).toMatch(
      /^net\.ipv4\.tcp_mem\n {2}left {6}the kernel chooses[\s\S]* {2}kernel {4}about[\s\S]* {2}formula {3}left; the document may set it when/,
    );
    expect(stdout).toContain('  risk      high');
    const { left, knobs } = JSON.parse((await weir('tune', 'explain', 'tcp_rmem', '--capture', folder, '--json')).stdout);
    expect({ left, knobs }).toMatchObject({ knobs: [], left: [{ name: 'net.ipv4.tcp_rmem', risk: expect.stringContaining('medium') }] });
  });

  test('of a value that the document says shows what weir would want by itself', async () => {
    const config = join(scratch, 'own.yaml');
    writeFileSync(
      config,
      `version: 1
nodes: { lb1: { links: { front: { mac: 52:54:00:00:00:01, addresses: dhcp } } } }
tuning: { sysctl: { net.core.somaxconn: 1024, net.core.netdev_budget: 600 } }
frontends: { web: { bind: [{ address: "*:80" }], default_backend: app } }
backends: { app: { servers: { app1: 10.0.0.1:80 } } }
`,
    );
    const told = async (name: string) => (await weir('tune', 'explain', name, '--capture', folder, '--config', config)).stdout;
    expect(await told('net.core.somaxconn')).toMatch(
      /wanted {4}1024 \(exactly\)\n {2}because {3}set by the document\n {2}by itself weir would want 65535: accept queue/,
    );
    expect(await told('net.core.somaxconn')).toContain('undo      take tuning.sysctl.net.core.somaxconn out of the document');
    expect(await told('netdev_budget')).toContain('by itself weir would leave it');
  });

  test('of everything has each value that weir knows once, in 80 columns', async () => {
    const { stdout } = await weir('tune', 'explain', '--capture', folder, '--json');
    const { knobs, left, omitted, refused: dead } = JSON.parse(stdout);
    const names = [...knobs, ...left, ...omitted, ...dead].map(({ name }: { name: string }) => name);
    expect(names).toEqual([...new Set(names)]);
    for (const { name } of catalogue) expect(names, name).toContain(name);
    expect(dead).toHaveLength(refused.length);
    const text = (await weir('tune', 'explain', '--capture', folder)).stdout;
    expect(text.split('\n').filter((line) => line.length > 80)).toEqual([]);
  });

  test('of what nobody knows is refused, with what was meant', async () => {
    expect(await weir('tune', 'explain', 'net.core.somaxcnon', '--capture', folder)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('did you mean net.core.somaxconn?'),
    });
  });
});

test.each([
  [['tune'], 'missing required argument'],
  [['tune', 'plans'], 'did you mean "plan"?'],
  [['tune', 'explain', '--as', 'shell'], 'takes no --as'],
  [['tune', 'plan', '--as', 'yaml'], 'there is: --as shell'],
  [['tune', 'plan', '--capture', '/x', '--hardware', '/y'], 'two machines'],
])('%j is refused', async (argv, message) => {
  expect(await weir(...argv)).toMatchObject({ code: 2, stderr: expect.stringContaining(message) });
});
