import type { Host } from '../../host/host.ts';
import { runningServices } from '../../host/probe/rival.ts';
import { plain } from '../../state/host-state.ts';
import { type Setting, settings } from './settings-file.ts';

/** Who, on this machine, could have set a kernel value. */
export interface Suspects {
  /** Units that run and set kernel values of their own. */
  readonly services: readonly string[];
  /** Users with a session that is not closing, each once. */
  readonly people: readonly string[];
  readonly settings: readonly Setting[];
}

/** Looks who is there now: services by one question to systemd, people by logind's own files (sd-login(3)). */
export async function findSuspects(host: Pick<Host, 'list' | 'read' | 'run'>): Promise<Suspects> {
  return {
    services: await runningServices(host),
    people: await people(host),
    settings: await settings(host),
  };
}

async function people(host: Pick<Host, 'list' | 'read'>): Promise<readonly string[]> {
  const folder = '/run/systemd/sessions';
  const users = new Set<string>();
  for (const name of (await host.list(folder).catch(() => null)) ?? []) {
    const held = name.endsWith('.ref') ? null : await host.read(`${folder}/${name}`).catch(() => null);
    const text = held === null ? '' : plain(held.content);
    const value = (key: string) => new RegExp(`^${key}=(.*)$`, 'm').exec(text)?.[1];
    const user = value('USER');
    if (user !== undefined && value('CLASS') === 'user' && value('STATE') !== 'closing') users.add(user);
  }
  return [...users].sort();
}
