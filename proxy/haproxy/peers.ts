import type { DataPlane } from '../model.ts';
import { comment, line, name } from './quote.ts';

/** What stick tables name to be handed over: the section {@link peersSection}. */
export const localPeers = 'local';

/**
 * The section through which an old worker teaches the next one its stick tables at a reload (configuration manual, 3.5 "Peers"); none where there are no
 * tables. The old worker has left the file system behind when it connects: its chroot has the socket's folder at the same path. What the socket takes
 * and gives is not authenticated, so only root and HAProxy's group may enter that folder.
 */
export function peersSection({ stickTables }: DataPlane, node: string, runDir: string): readonly (readonly string[])[] {
  if (stickTables.length === 0) return [];
  return [
    [
      `peers ${localPeers}`,
      comment('the old worker teaches the new one its tables at a reload; the folder lets in nobody else'),
      line('bind', `unix@${runDir}/peers/local.sock`, 'mode', 666),
      line('server', name(node)),
    ],
  ];
}
