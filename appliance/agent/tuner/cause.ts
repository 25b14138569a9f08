import { knownServices } from '../../host/probe/rival.ts';
import type { Path } from '../../state/host-state.ts';
import type { Happening } from './happening.ts';
import type { Suspects } from './suspects.ts';

/** Why a kernel value is otherwise than weir set it. */
export type Cause =
  /** It was not there, or not set yet, when it was looked at last. */
  | { readonly kind: 'new' }
  /** A driver or a link began anew, and with it its values. */
  | { readonly kind: 'kernel'; readonly what: string }
  /** `who` in words: a unit, or a file of sysctl.d(5). Null: nobody could be named. */
  | { readonly kind: 'program'; readonly who: string | null }
  | { readonly kind: 'person'; readonly who: string };

/** A value that is otherwise: what it holds, and whether it held weir's value when it was looked at last. */
export interface Difference {
  readonly path: Path;
  readonly holds: string | null;
  readonly wasSet: boolean;
}

/**
 * The most likely reason. What explains itself comes first: a link or driver that began anew takes the values of its NIC with it; a running service or a
 * settings file that sets such values did it; only then a person who is logged in.
 */
export function causeOf({ path, holds, wasSet }: Difference, happenings: readonly Happening[], suspects: Suspects): Cause {
  if (!wasSet || happenings.some(({ kind }) => kind === 'start')) return { kind: 'new' };
  const anew = isOfNic(path) ? happenings.find(isAnew) : undefined;
  if (anew !== undefined) return { kind: 'kernel', what: describe(anew) };
  const setting = suspects.settings.findLast((one) => one.path === path && one.value === holds);
  if (setting !== undefined) return { kind: 'program', who: setting.file };
  const service = suspects.services.find((name) => knownServices[name] === 'anything' || path.startsWith('irq:'));
  if (service !== undefined) return { kind: 'program', who: service };
  return suspects.people.length > 0 ? { kind: 'person', who: suspects.people.join(' or ') } : { kind: 'program', who: null };
}

function isOfNic(path: Path): boolean {
  return /^(irq|queue|ethtool):/.test(path);
}

function isAnew({ kind }: Happening): boolean {
  return kind === 'link' || kind === 'driver' || kind === 'cpu';
}

function describe(happening: Happening): string {
  switch (happening.kind) {
    case 'link':
      return `the link ${happening.name} changed`;
    case 'driver':
      return `the driver of ${happening.device} began anew`;
    case 'cpu':
      return `${happening.cpu} came or went`;
    default:
      return happening.kind;
  }
}
