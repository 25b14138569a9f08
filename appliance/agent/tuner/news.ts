import type { Host } from '../../host/host.ts';
import type { Log } from '../log.ts';
import { type Happening, linkArguments, readLinkLine, readUdevLine, udevArguments } from './happening.ts';
import { settingsFolders } from './settings-file.ts';

/** What happened and was not looked at yet. */
export interface News {
  /** Takes all that happened since the last call; that time has passed, where nothing did. */
  readonly take: () => readonly Happening[];
  /** Waits until something happens, or so long, or until the signal. What comes at once is waited for, so that one look is enough for all of it. */
  readonly wait: (ms: number, signal?: AbortSignal) => Promise<void>;
  readonly stop: () => void;
}

/** A driver that begins makes its device, renames it, and sets it up: in less than this between any two of them. */
const togetherMs = 500;

/** More than these are not told apart. */
const most = 200;

/** Begins to listen to the kernel by udev's and iproute2's own programs, and to the folders of sysctl.d(5). A program that cannot be started is told once; the slow look finds all the same. */
export function listenForNews(host: Host, log: Log): News {
  let happened: Happening[] = [{ kind: 'start' }];
  let wake = (): void => {};
  const tell = (happening: Happening | null): void => {
    if (happening === null) return;
    const text = JSON.stringify(happening);
    if (happened.length < most && !happened.some((one) => JSON.stringify(one) === text)) happened.push(happening);
    wake();
  };
  const follow = (program: string, args: readonly string[], read: (line: string) => Happening | null) =>
    host.follow(
      program,
      args,
      (line) => tell(read(line)),
      (why) => log.warn({ program, why }, 'does not tell what happens: it is seen a minute later'),
    );
  const stops = [
    follow('udevadm', udevArguments, readUdevLine),
    follow('ip', linkArguments, readLinkLine),
    host.watch(settingsFolders, () => tell({ kind: 'settings' })),
  ];
  return {
    take: () => {
      const taken = happened;
      happened = [];
      return taken.length === 0 ? [{ kind: 'time' }] : taken;
    },
    wait: async (ms, signal) => {
      if (happened.length === 0) {
        const woken = new AbortController();
        const end = () => woken.abort();
        wake = end;
        signal?.addEventListener('abort', end);
        await host.sleep(ms, signal?.aborted === true ? signal : woken.signal);
        signal?.removeEventListener('abort', end);
        wake = () => {};
      }
      if (happened.length > 0) await host.sleep(togetherMs, signal);
    },
    stop: () => {
      for (const stop of stops) stop();
    },
  };
}
