import type { Place } from './line.ts';

/** What `haproxy -c` says of a configuration, and where. */
export interface Complaint {
  readonly isFatal: boolean;
  /** HAProxy's words, without where they are about. */
  readonly message: string;
  /** The line of haproxy.cfg that they are about, from 1; null: HAProxy names none. */
  readonly line: number | null;
}

/** Its last words, which repeat that there were others. */
const closing = /^(?:config : )?(?:Fatal errors found|Error\(s\) found|Some configuration options require)/;

/** The alerts and warnings of `haproxy -c` in order, each once; its drawings below a line are left out. */
export function parseComplaints(stderr: string): readonly Complaint[] {
  let level = 'ALERT';
  const found = [...stderr.matchAll(/^(?:\[(ALERT|WARNING)\]\s+\(\d+\) : |[ \t]+(?=parsing ))(.*)$/gm)].flatMap(
    ([, own, said = '']): readonly Complaint[] => {
      // of several that it has found at once, each stands in a line of its own below the first
      level = own ?? level;
      if (closing.test(said) || said.endsWith('errors:')) return [];
      const [, line, message] = /^(?:config : )?(?:parsing )?\[[^\]]*haproxy\.cfg:(\d+)\](?: ?: ?| )(.*)$/i.exec(said) ?? [];
      const isFatal = level === 'ALERT';
      return line === undefined || message === undefined
        ? [{ isFatal, message: said.replace(/^config : /, ''), line: null }]
        : [{ isFatal, message, line: Number(line) }];
    },
  );
  return [...new Map(found.map((complaint) => [JSON.stringify(complaint), complaint])).values()];
}

/** The part of the data plane that a complaint is about: that of its line, else the one it names (`proxy 'web'`, `backend 'app'`); null: none is known. */
export function placeOfComplaint({ message, line }: Complaint, places: readonly (Place | null)[]): Place | null {
  if (line !== null) return places[line - 1] ?? null;
  const [, named] = /(?:proxy|frontend|backend) '?([A-Za-z0-9_.:-]+)'?/i.exec(message) ?? [];
  const [, server] = /server '?(?:[A-Za-z0-9_.:-]+\/)?([A-Za-z0-9_.:-]+)'?/.exec(message) ?? [];
  const of = places.find((place) => place?.[1] === named && named !== undefined);
  if (!of) return null;
  const [section = '', name = ''] = of;
  const ofServer = places.find((place) => place?.[1] === named && place?.[2] === 'servers' && place?.[3] === server);
  return ofServer ?? [section, name];
}
