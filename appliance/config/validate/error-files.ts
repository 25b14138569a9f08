import type { Problem } from '../problem.ts';
import { type Context, problem } from './context.ts';

type Taking = Pick<Context['document']['frontends'][string], 'errorfiles'>;

/** Checks groups of errors: a section takes from a group what it has, and a file is a whole answer, not its body alone. */
export function checkErrorFiles({ document, files }: Context): readonly Problem[] {
  const { 'http-errors': groups, frontends, backends } = document;
  const missing = Object.entries({ frontends, backends }).flatMap(([section, things]) =>
    Object.entries(things as Readonly<Record<string, Taking>>).flatMap(([name, { errorfiles }]) =>
      errorfiles.flatMap((group, index) => {
        if (typeof group === 'string' || !Object.hasOwn(groups, group.name)) return [];
        const there = Object.keys(groups[group.name] ?? {});
        return group.status.flatMap((status, position) => {
          if (there.includes(String(status))) return [];
          const at = [section, name, 'errorfiles', index, 'status', position];
          return [problem(at, `the group ${group.name} has no answer for ${status}`, `there is: ${there.join(', ')}`)];
        });
      }),
    ),
  );
  const bodies = Object.entries(groups).flatMap(([name, group]) =>
    Object.entries(group).flatMap(([status, file]) => {
      const bytes = files?.pages.get(file);
      if (bytes === undefined || /^HTTP\/1\.[01] [1-5][0-9]{2}/.test(Buffer.from(bytes.subarray(0, 20)).toString('latin1'))) return [];
      const hint = 'of a body alone, write http-error: { 503: { content-type: text/html, file: NAME } } in the section';
      return [
        problem(['http-errors', name, status], `pages/${file} is no whole answer: it does not begin with HTTP/1.1 and a status`, hint),
      ];
    }),
  );
  return [...missing, ...bodies];
}
