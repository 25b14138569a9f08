import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { expect, test } from 'vitest';
import { runInRoot } from '../support/root.ts';

const own = ['weir-boot.service', 'weir-first-boot.service', 'weir-agent.service', 'weir.slice'];
const standIns = ['haproxy.service', 'keepalived.service', 'nftables.service', 'rsyslog.service', 'ssh.service'];
const project = join(import.meta.dirname, '../..');
const tools = join(project, 'image/rootfs/usr/lib/weir');

test('systemd finds nothing wrong with the units', async () => {
  const { code, stdout, stderr } = await runInRoot(['systemd-analyze', 'verify', '--man=no', '--recursive-errors=no', ...own, ...standIns]);
  expect(stdout + stderr).toBe('');
  expect(code).toBe(0);
});

test.each([
  ['haproxy.service', 2.3],
  ['keepalived.service', 3.5],
  ['weir-agent.service', 4.0],
  ['weir-boot.service', 4.0],
  ['weir-first-boot.service', 4.0],
])('the exposure of %s is at most %s by systemd-analyze security', async (unit, most) => {
  const { stdout } = await runInRoot(['systemd-analyze', 'security', '--offline=yes', '--no-pager', unit]);
  const exposure = Number(/Overall exposure level for \S+: ([\d.]+)/.exec(stdout)?.[1]);
  expect(exposure).toBeGreaterThan(0);
  expect(exposure).toBeLessThanOrEqual(most);
});

test('nothing waits for network-online.target', async () => {
  const { stdout } = await runInRoot(['grep', '-lr', 'network-online', '/etc/systemd/system', '/run/systemd']);
  expect(stdout.split('\n').filter((path) => path !== '' && !/(haproxy|keepalived)\.service$/.test(path))).toEqual([]);
  for (const unit of ['haproxy', 'keepalived', 'weir-agent']) {
    const text = (await runInRoot(['systemctl', '--root=/', 'cat', `${unit}.service`])).stdout;
    expect(text).not.toMatch(/^(After|Wants|Requires)=.*network-online/m);
  }
});

test('the shell tools are POSIX sh, say what they do, and shellcheck finds nothing', async () => {
  const scripts = (await readdir(tools)).filter((name) => !name.endsWith('.conf')).map((name) => join(tools, name));
  for (const script of scripts) {
    expect(await readFile(script, 'utf8'), script).toMatch(script.endsWith('.sh') ? /^# shellcheck shell=sh\n# / : /^#!\/bin\/sh\n# /);
  }
  const { all } = await execa('shellcheck', ['-x', ...scripts, join(project, 'image/container')], {
    cwd: project,
    reject: false,
    all: true,
  });
  expect(all).toBe('');
});

test("rsyslog's and chrony's own checks accept their files", async () => {
  const rsyslog = await runInRoot(['rsyslogd', '-N1', '-f', '/etc/rsyslog.conf']);
  expect(rsyslog.stderr).not.toMatch(/error|warning/i);
  expect(rsyslog.code).toBe(0);
  const chrony = await runInRoot(['chronyd', '-p', '-f', '/etc/chrony/chrony.conf']);
  expect(chrony.code).toBe(0);
});
