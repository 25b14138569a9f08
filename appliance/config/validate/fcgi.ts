import { type Problem, quote } from '../problem.ts';
import { backendModes } from '../translate.ts';
import { type Context, problem } from './context.ts';

/** Checks that FastCGI servers have an application, and applications servers: HAProxy would answer every request with an error. */
export function checkFcgi({ document }: Context): readonly Problem[] {
  const modes = backendModes(document);
  return Object.entries(document.backends).flatMap(([name, backend]): readonly Problem[] => {
    const at = ['backends', name];
    const { 'use-fcgi-app': app, 'default-server': shared, servers, 'server-template': templates } = backend;
    const own = [...Object.entries(servers), ...Object.entries(templates)].map(([server, input]) => ({
      server,
      speaks: ((typeof input === 'string' ? undefined : input.proto) ?? shared.proto) === 'fcgi',
    }));
    const [first] = own.filter(({ speaks }) => speaks);
    if (app === undefined)
      return first === undefined
        ? []
        : [problem(at, `server ${quote(first.server)} speaks FastCGI, and this backend has no application`, 'write use-fcgi-app:')];
    if (first === undefined)
      return [
        { ...problem([...at, 'use-fcgi-app'], 'no server of this backend speaks FastCGI', 'write proto: fcgi at its servers'), on: 'key' },
      ];
    const limit = (['filter bwlim-in', 'filter bwlim-out', 'filter spoe'] as const).find((key) => Object.keys(backend[key]).length > 0);
    if (limit !== undefined) {
      const hint = 'write the filter in the frontend: HAProxy 3.0 has none but caches and compression beside an application';
      return [{ ...problem([...at, limit], `${limit} and use-fcgi-app do not go together in a backend`, hint), on: 'key' }];
    }
    return modes.get(name) === 'tcp'
      ? [{ ...problem([...at, 'use-fcgi-app'], 'use-fcgi-app needs the mode http', 'this backend passes on TCP'), on: 'key' }]
      : [];
  });
}
