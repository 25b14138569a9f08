import { availableParallelism } from 'node:os';
import { describe, expect, test } from 'vitest';
import { caseNames, readCase } from '../support/cases.ts';
import { runInRoot } from '../support/root.ts';
import { stagedState } from '../support/staged.ts';

/** HAProxy warns of more threads than there are CPUs: those of a larger machine are as many as this one has. */
const onThisMachine = (text: string) =>
  text
    .replace(/^( *nbthread) (\d+)$/m, (_, word, threads) => `${word} ${Math.min(Number(threads), availableParallelism())}`)
    .replaceAll(/^ *(cpu-map|thread-groups) .*\n/gm, '');

const nodes = caseNames.flatMap((name) => [...readCase(name).nodes].map(([node, desired]) => ({ name, node, desired })));

describe("the image's own programs accept", () => {
  test.each(nodes)('$name on $node', async ({ name, node, desired }) => {
    // what keep-haproxy writes before each start
    const files = { '/run/weir/haproxy.stats': '', '/run/weir/haproxy.servers': '', ...stagedState(desired.state, onThisMachine) };
    const links = Object.keys(readCase(name).config.nodes[node]?.links ?? {});
    const script = [
      'haproxy -c -dW -f /run/weir/haproxy.cfg',
      'nft -c -f /run/weir/nftables.conf',
      'if [ -e /run/weir/keepalived.conf ]; then keepalived --config-test --use-file /run/weir/keepalived.conf; fi',
      'if [ -e /run/weir/rsyslog.conf ]; then rsyslogd -N1 -f /run/weir/rsyslog.conf; fi',
    ].join(' && ');
    const answer = await runInRoot(['sh', '-c', script], files, { links });
    // A name that does not resolve here is no mistake of the configuration (init-addr), although HAProxy mentions it.
    expect(answer, answer.stderr + answer.stdout).toMatchObject({ code: 0 });
  });
});
