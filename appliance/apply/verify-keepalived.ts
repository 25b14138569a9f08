import { vrrpDifferences } from '../../proxy/keepalived/runtime.ts';
import { causeOf } from '../host/cause.ts';
import type { Host } from '../host/host.ts';
import { plain } from '../state/host-state.ts';

/** Where keepalived writes what it runs: TMPDIR of its unit. */
const answerFile = '/run/keepalived/keepalived.json';

/** It answers within some milliseconds, on a machine that has no time within seconds. */
const patienceMs = 10_000;

/** Asks keepalived which VRRP instances it runs, and answers with what is not as its file says. */
export async function askKeepalived(host: Host, config: string): Promise<readonly string[]> {
  try {
    const json = await ask(host);
    return json === null ? ['keepalived does not say what it runs'] : vrrpDifferences(config, json);
  } catch (error) {
    return [`keepalived cannot be asked what it runs: ${causeOf(error)}`];
  }
}

/** What keepalived writes on its signal JSON; null when it does not. The file of an earlier question goes first, so that what comes is an answer to this one. */
async function ask(host: Host): Promise<string | null> {
  await host.write(answerFile, null);
  const { stdout } = await host.run('keepalived', ['--signum=JSON']);
  const sent = await host.run('systemctl', ['kill', '--kill-whom=main', `--signal=${stdout.trim()}`, 'keepalived']);
  const deadline = host.now() + (sent.exitCode === 0 ? patienceMs : 0);
  for (;;) {
    const held = await host.read(answerFile);
    const json = held === null ? '' : plain(held.content);
    if (json.trimEnd().endsWith('}')) return json;
    if (host.now() >= deadline) return null;
    await host.sleep(20);
  }
}
