import type { LuaScript } from '../../../proxy/model/lua.ts';
import type { Document } from '../schema.ts';

/** The folder of scripts on the appliance. */
const LUA = '/run/weir/lua';

/** Scripts in long form. */
export function translateLua(global: Document['global']): readonly LuaScript[] {
  return (['lua-load', 'lua-load-per-thread'] as const).flatMap((kind) =>
    global[kind].map((script, index) => {
      const { file, args } = typeof script === 'string' ? { file: script, args: [] } : script;
      return { kind, index, file: `${LUA}/${file}`, args };
    }),
  );
}
