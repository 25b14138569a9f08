import type { Counters } from '../../tuning/evidence.ts';
import { parseNicCounters } from '../../tuning/nic-counters.ts';
import { parseSoftnet } from '../../tuning/softnet.ts';
import { parseTcpCounters } from '../../tuning/tcp-counters.ts';
import { parseInterrupts } from './probe/interrupts.ts';
import type { ProbeHost } from './probe/reading.ts';

/** Reads what the machine has counted so far; what cannot be read is empty. */
export async function readCounters(host: ProbeHost, nics: readonly string[]): Promise<Counters> {
  const text = async (path: string) => {
    const held = await host.read(path).catch(() => null);
    return held !== null && typeof held.content === 'string' ? held.content : '';
  };
  const [interrupts, softnet, netstat, ...statistics] = await Promise.all([
    text('/proc/interrupts'),
    text('/proc/net/softnet_stat'),
    text('/proc/net/netstat'),
    ...nics.map(async (name): Promise<[string, string]> => {
      const { exitCode, stdout } = await host.run('ethtool', ['-S', name]);
      return [name, exitCode === 0 ? stdout : ''];
    }),
  ]);
  return {
    interrupts: new Map(parseInterrupts(interrupts).map(({ number, counts }) => [number, counts])),
    softnet: parseSoftnet(softnet),
    tcp: parseTcpCounters(netstat),
    nics: new Map(statistics.map(([name, said]) => [name, parseNicCounters(said)])),
  };
}
