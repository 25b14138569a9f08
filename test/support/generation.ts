import { createHash } from 'node:crypto';
import type { Container } from './container.ts';
import type { Staged, StagedFile } from './staged.ts';

/** A generation as the agent stores it, below /data: its files, their manifest and checksums, the kernel values it sets, whether it is the confirmed one. */
export function generation(id: string, rendered: Staged, { confirmed = true, knobs = [] as readonly string[] } = {}): Staged {
  const folder = `/weir/generations/${id}`;
  const files: Record<string, StagedFile> = {
    ...rendered,
    '/manifest': Object.keys(rendered)
      .map((path) => `${path}\n`)
      .join(''),
    '/knobs.json': JSON.stringify(
      knobs.map((path) => ({ path })),
      null,
      2,
    ),
  };
  const sums = Object.entries(files).flatMap(([path, file]) => {
    if (typeof file !== 'string' && 'link' in file) return [];
    const content = typeof file === 'string' ? file : file.content;
    return [`${createHash('sha256').update(content).digest('hex')}  rendered${path}\n`];
  });
  return {
    [`${folder}/meta.json`]: '{"version":1}\n',
    [`${folder}/rendered.sha256`]: sums.join(''),
    ...Object.fromEntries(Object.entries(files).map(([path, file]) => [`${folder}/rendered${path}`, file])),
    ...(confirmed ? { '/weir/confirmed': { link: `generations/${id}` } } : {}),
  };
}

/** An HAProxy that answers `body` on port 80 of every address, and logs. */
export function answering(body: string): StagedFile {
  return {
    mode: 0o600,
    content: `global
    user haproxy
    group haproxy
    chroot /var/lib/haproxy
    log /dev/log local0
    stats socket /run/weir/haproxy.sock mode 600 level admin
    stats socket /run/weir/check.sock mode 660 group keepalived_script level user
    description weir ${body}
defaults
    mode http
    log global
    option httplog
    timeout client 5s
    timeout server 5s
    timeout connect 5s
frontend web
    bind :80
    bind [::]:80 v6only
    http-request deny deny_status 403 if { path_reg ^/deny/[a-f]+$ }
    http-request return status 200 content-type text/plain string ${body}
`,
  };
}

/** The network of a test's machine: one link `front` with the address 192.0.2.1/24, ports 80 and 22 open. */
export const front: Staged = {
  '/run/systemd/network/30-front.network': `[Match]
Name=front

[Network]
Address=192.0.2.1/24
LinkLocalAddressing=no
IPv6AcceptRA=no
KeepConfiguration=yes
`,
  '/run/weir/nftables.conf': `table inet weir
delete table inet weir
table inet weir {
  chain input {
    type filter hook input priority filter; policy drop;
    iifname "lo" accept
    tcp dport { 22, 80 } accept
  }
}
`,
};

/** The link of a container that `front` is for; its other end is in the world's bridge `outside`. */
export const frontLink = { name: 'front', mac: '52:54:00:00:00:01', bridge: 'outside' } as const;

/** What the machine answers to a client in the world, asked until it answers, for at most 10 seconds. */
export async function fetchFront({ world }: Container): Promise<string> {
  await world.run(['ip', 'address', 'replace', '192.0.2.254/24', 'dev', 'outside']);
  const limit = performance.now() + 10_000;
  for (;;) {
    const { code, stdout, stderr } = await world.run(['curl', '-sS', '-m', '1', 'http://192.0.2.1/']);
    if (code === 0) return stdout;
    if (performance.now() > limit) throw new Error(stderr);
  }
}
