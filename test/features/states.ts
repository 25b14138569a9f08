import { setTimeout as sleep } from 'node:timers/promises';
import type { Stage } from './proof.ts';

/** How HAProxy sees a server: the columns of `show stat` by their names (management guide, 9.1). */
export type ServerState = Readonly<Record<string, string>>;

/** How HAProxy sees a server of the backend `app`. */
export async function stateOf({ haproxy }: Pick<Stage, 'haproxy'>, server: string): Promise<ServerState> {
  const [head = '', ...lines] = (await haproxy.ask('show stat')).trim().split('\n');
  const columns = head.replace(/^# /, '').split(',');
  const line = lines.map((each) => each.split(',')).find(([backend, name]) => backend === 'app' && name === server) ?? [];
  return Object.fromEntries(columns.map((column, index) => [column, line[index] ?? '']));
}

/** Waits until a server's state is so, 3 seconds at most; throws with the last state. */
export async function becomes(stage: Pick<Stage, 'haproxy'>, server: string, is: (state: ServerState) => boolean): Promise<void> {
  for (const limit = performance.now() + 3000; ; await sleep(20)) {
    const state = await stateOf(stage, server);
    if (is(state)) return;
    if (performance.now() > limit)
      throw new Error(`${server} is ${state.status} (${state.check_status} ${state.last_chk}, weight ${state.weight})`);
  }
}

/** Whether a server is up or down, whatever it is on its way to. */
export const isUp = ({ status = '' }: ServerState): boolean => status.startsWith('UP');
export const isDown = ({ status = '' }: ServerState): boolean => status.startsWith('DOWN');
