import type { Origins, Place } from './line.ts';

/** What `haproxy -c` says of a configuration, and where. */
export interface Complaint {
  readonly isFatal: boolean;
  /** HAProxy's words, without where they are about. */
  readonly message: string;
  /** The file that they are about, by its path, and the line there, from 1; null: HAProxy names none. */
  readonly file: string | null;
  readonly line: number | null;
}

/** Its last words, which repeat that there were others. */
const closing = /^(?:config : )?(?:Fatal errors found|Error\(s\) found|Some configuration options require)/;

/** Where a complaint is about, before its words. */
const located = /^(?:config : )?(?:parsing )?\[([^\]:]*):(\d+)\](?: ?: ?| )(.*)$/i;

/** The configuration of an agent within them: HAProxy reads it for the line of haproxy.cfg that names it, and says that one first. */
const within = / (?:declared |declare )?at (\/[^\s:]+\/spoe\/[^\s:]+):(\d+)\.?/;

/** What it says of the line that names such a file, when it has said what is wrong there. */
const repeated = /: '?Error\(s\) found in configuration file \S+\/spoe\/\S+$/;

/** The alerts and warnings of `haproxy -c` in order, each once; its drawings below a line are left out. */
export function parseComplaints(stderr: string): readonly Complaint[] {
  let level = 'ALERT';
  const found = [...stderr.matchAll(/^(?:\[(ALERT|WARNING)\]\s+\(\d+\) : |[ \t]+(?=parsing ))(.*)$/gm)].flatMap(
    ([, own, said = '']): readonly Complaint[] => {
      // of several that it has found at once, each stands in a line of its own below the first
      level = own ?? level;
      if (closing.test(said) || repeated.test(said) || said.endsWith('errors:')) return [];
      const isFatal = level === 'ALERT';
      const [, path, at, words] = located.exec(said) ?? [];
      const message = words ?? said.replace(/^config : /, '');
      const [, agent, line] = within.exec(message) ?? [];
      if (agent !== undefined) return [{ isFatal, message: message.replace(within, ''), file: agent, line: Number(line) }];
      return [{ isFatal, message, file: path ?? null, line: at === undefined ? null : Number(at) }];
    },
  );
  return [...new Map(found.map((complaint) => [JSON.stringify(complaint), complaint])).values()];
}

/** The part of the data plane that a complaint is about: that of its line, else the one it names (`proxy 'web'`, `backend 'app'`); null: none is known. */
export function placeOfComplaint({ message, file, line }: Complaint, origins: Origins): Place | null {
  const known = file === null ? undefined : origins.get(file);
  if (known !== undefined && line !== null) return known[line - 1] ?? null;
  // of what an agent is told HAProxy has forgotten the file when it says this, and names whatever is in that memory now
  const told = [...origins.values()].map((places) => (line === null ? null : (places[line - 1] ?? null)));
  const [only, ...others] = told.filter((place) => place?.[0] === 'spoe-agents' && place.includes('args'));
  if (only && others.length === 0 && message.includes('spoe-message')) return only;
  const places = [...origins.values()].flat();
  const [, named] = /(?:proxy|frontend|backend) '?([A-Za-z0-9_.:-]+)'?/i.exec(message) ?? [];
  const [, server] = /server '?(?:[A-Za-z0-9_.:-]+\/)?([A-Za-z0-9_.:-]+)'?/.exec(message) ?? [];
  const of = places.find((place) => place?.[1] === named && named !== undefined);
  if (!of) return null;
  const [section = '', name = ''] = of;
  const ofServer = places.find((place) => place?.[1] === named && place?.[2] === 'servers' && place?.[3] === server);
  return ofServer ?? [section, name];
}
