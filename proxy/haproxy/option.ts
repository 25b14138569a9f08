import type { Options } from '../model.ts';
import { type Line, placed } from './line.ts';
import { line } from './quote.ts';

/** The lines `option X` of a section, and `no option X` for what it takes back of the defaults. */
export function optionLines(options: Options): readonly Line[] {
  return Object.entries(options).flatMap(([option, value]) =>
    placed(
      ['option', option],
      [value === false ? line('no', 'option', option) : line('option', option, ...(value === true ? [] : [value]))],
    ),
  );
}
