import type { LuaScript } from '../model/lua.ts';
import { type Line, placed } from './line.ts';
import { line } from './quote.ts';

/** The lines of `global` that load scripts. */
export function luaLines(scripts: readonly LuaScript[]): readonly Line[] {
  return scripts.flatMap(({ kind, index, file, args }) => placed([kind, index], [line(kind, file, ...args)]));
}
