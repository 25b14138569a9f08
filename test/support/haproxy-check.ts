import { runInRoot } from './root.ts';
import type { Staged } from './staged.ts';

/** Shell: HAProxy's opinion of each folder, which stands for /run/weir while it is asked. */
const judge = `
  ip route add default dev lo
  ip -6 route add default dev lo
  for folder in /documents/*; do
    rm -rf /run/weir
    ln -s "$folder" /run/weir
    : >/run/weir/haproxy.stats
    : >/run/weir/haproxy.servers
    echo "== \${folder#/documents/}"
    haproxy -c -dW -f /run/weir/haproxy.cfg 2>&1 | grep -v '^\\[NOTICE\\]' || true
  done
`;

/**
 * What `haproxy -c -dW` of the image says of each document's files below /run/weir, in their order; empty where it takes them. One run for all of them: there
 * are thousands.
 */
export async function haproxyChecks(documents: readonly Staged[], timeoutMs: number): Promise<readonly string[]> {
  const staged = documents.flatMap((files, index) =>
    // the shell goes through them by name
    Object.entries(files).map(
      ([path, file]) => [path.replace('/run/weir/', `/documents/${String(index).padStart(5, '0')}/`), file] as const,
    ),
  );
  const { stdout } = await runInRoot(['sh', '-c', judge], Object.fromEntries(staged), { timeoutMs });
  const answers = stdout.split(/^== /m).slice(1);
  return answers.map((answer) => answer.trim().split('\n').slice(1).join('\n'));
}
