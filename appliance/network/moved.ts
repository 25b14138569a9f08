import { type Remote, remoteElements } from './nft-set.ts';

/** Where servers are that were moved while HAProxy runs: read at every load of the table, for their replies must pass. See {@link renderMoved}. */
export const movedFiles = '/run/weir/moved*.nft';

/** The text of `/run/weir/moved.nft`: replies of these servers pass, whatever the document says. */
export function renderMoved(servers: readonly Remote[]): string {
  const lines = [...remoteElements(servers)]
    .filter(([, elements]) => elements.length > 0)
    .map(([suffix, elements]) => `add element inet weir tcp_reply${suffix} { ${elements.join(', ')} }`);
  return `${['# written by weir, edits here are lost', ...lines].join('\n')}\n`;
}
