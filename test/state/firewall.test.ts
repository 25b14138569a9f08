import { describe, expect, test } from 'vitest';
import { load } from '../../appliance/config/load.ts';
import { formatProblem } from '../../appliance/config/problem.ts';
import { desiredState } from '../../appliance/state/desired.ts';
import { firewallInput } from '../../appliance/state/firewall.ts';
import { plain } from '../../appliance/state/host-state.ts';

const document = `
version: 1
nodes: { lb1: { links: { front: { mac: 52:54:00:00:00:01, addresses: dhcp } } } }
rings: { central: { address: "192.0.2.41:601" } }
frontends: { web: { bind: [{ address: "*:80" }], log: [{ ring: central }], default_backend: app } }
backends: { app: { servers: { app1: "10.0.0.1:8080" } } }
log-forward: { devices: { bind: [{ address: "*:601" }], dgram-bind: [{ address: "*:514" }], log: [{ ring: central }] } }
`;

describe('the firewall', () => {
  test('lets in what servers and the collectors of rings answer', () => {
    const { config, problems } = load(document, { file: 'config.yaml', files: null });
    if (config === null) throw new Error(problems.map(formatProblem).join('\n'));
    const rules = plain(desiredState(config, 'lb1', null, null).state.get('/run/weir/nftables.conf')?.content ?? '');
    expect(rules).toContain('10.0.0.1 . 8080');
    expect(rules).toContain('192.0.2.41 . 601');
  });

  test('opens the ports where logs of other machines come in', () => {
    const { config } = load(document, { file: 'config.yaml', files: null });
    if (config === null) throw new Error('refused');
    const { binds } = firewallInput(config, 'lb1', []);
    expect(binds).toEqual([
      { address: '*', protocol: 'tcp', port: 80 },
      { address: '*', protocol: 'tcp', port: 601 },
      { address: '*', protocol: 'udp', port: 514 },
    ]);
  });
});
