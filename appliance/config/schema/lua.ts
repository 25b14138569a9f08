import { z } from 'zod';
import { readings } from './reading.ts';
import { fileName, text } from './scalar.ts';

/** A file in the folder lua. */
const script = () => fileName('lua').register(readings, { kind: 'file', folder: 'lua' });

const nameOf = (input: string | { readonly file: string }): string => (typeof input === 'string' ? input : input.file);

const scripts = (where: string) =>
  z
    .array(
      z.union([
        script(),
        z.strictObject({
          file: script().describe('The script: a file in the folder lua.'),
          args: z
            .array(z.string().min(1, 'the argument is empty').max(1000))
            .default([])
            .describe('What the script is given: table.pack(...) in it.'),
        }),
      ]),
    )
    .refine((list) => new Set(list.map(nameOf)).size === list.length, 'a script is loaded once: what it registers has one name')
    .default([])
    .describe(
      `Scripts in Lua that ${where}; HAProxy runs them as root before it leaves the file system, so they are trusted as this document is.`,
    );

/** Scripts that HAProxy loads when it starts (configuration manual, 3.1 "lua-load"). */
export const luaScripts = {
  'lua-load': scripts('all threads share, one at a time'),
  'lua-load-per-thread': scripts('each thread has for itself'),
};

/** The name under which a script registers something. */
export const luaName = () => text('a name in Lua', /^[A-Za-z0-9_.-]{1,64}$/, 'the name that core.register_… has it by');
