import type { Knob } from './hardware.ts';

/** A kernel value that is not set here, and why. `path` is the value's, or that of all of its kind (`ethtool:0000:3b:00.0/ring`). */
export interface Omitted {
  readonly path: string;
  readonly why: string;
}

/** What one part of the planner wants, and what it left out because of the machine. */
export interface Planned {
  readonly knobs: readonly Knob[];
  readonly omitted: readonly Omitted[];
}
