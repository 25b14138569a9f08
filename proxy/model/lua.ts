/** A script in Lua that HAProxy loads when it starts (configuration manual, 3.1 "lua-load"); its path on the appliance, and what it is given. */
export interface LuaScript {
  readonly kind: 'lua-load' | 'lua-load-per-thread';
  readonly index: number;
  readonly file: string;
  readonly args: readonly string[];
}
