import type { ProbeHost } from './reading.ts';

/** Units that set values of the kinds that weir sets, as the manuals of each say: interrupts alone, or anything. */
export const knownServices: Readonly<Record<string, 'interrupts' | 'anything'>> = {
  irqbalance: 'interrupts',
  'google-guest-agent': 'interrupts',
  tuned: 'anything',
  bpftune: 'anything',
  NetworkManager: 'anything',
};

/** Those of them that run now, by one question: `systemctl is-active` prints a line for each. None where systemd does not answer. */
export async function runningServices(host: Pick<ProbeHost, 'run'>): Promise<readonly string[]> {
  const names = Object.keys(knownServices);
  const { stdout } = await host.run('systemctl', ['is-active', ...names]);
  const states = stdout.split('\n');
  return names.filter((_, index) => states[index]?.trim() === 'active');
}
