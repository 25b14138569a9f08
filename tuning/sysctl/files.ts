import { number } from '../bounds.ts';
import { count } from '../capacity.ts';
import { filesFor, pipePagesFor } from '../descriptors.ts';
import { type Sysctl, sized } from './entry.ts';

/** How many files and pipes there may be. */
export const files: readonly Sysctl[] = [
  {
    name: 'fs.file-max',
    formula: '4 x the files of `maxconn` connections, as a power of two',
    rule: 'at-least',
    bounds: number(1024, Number.MAX_SAFE_INTEGER),
    why: 'the machine never runs out of files (ENFILE), whatever else is open',
    source: 'kernel Documentation/admin-guide/sysctl/fs.rst',
    usual: 'by memory; systemd sets it to the highest there is',
    risk: 'low',
    scope: 'host',
    wish: ({ maxconn, demand }) =>
      sized(maxconn, (connections) => {
        const files = filesFor(connections, demand);
        return { value: `${powerOfTwo(4 * files)}`, numbers: `4 x ${count(files)} files of ${count(connections)} connections` };
      }),
  },
  {
    name: 'fs.nr_open',
    formula: 'the files of `maxconn` connections, as a power of two',
    rule: 'at-least',
    bounds: number(1024, 2_147_483_584),
    why: 'one process may open the files of all connections, of servers and of binds',
    source: 'HAProxy src/limits.c (maxsock); kernel Documentation/admin-guide/sysctl/fs.rst',
    usual: '1048576; systemd 256 and later set it to about 10^9',
    risk: 'low',
    scope: 'host',
    wish: ({ maxconn, demand }) =>
      sized(maxconn, (connections) => {
        const files = filesFor(connections, demand);
        return { value: `${powerOfTwo(files)}`, numbers: `${count(files)} files of ${count(connections)} connections` };
      }),
  },
  {
    name: 'fs.pipe-user-pages-soft',
    formula: 'where HAProxy splices: pipes x the size of a pipe / 4096, and 16,384 at least',
    rule: 'at-least',
    bounds: number(0, 2_147_483_647),
    why: 'beyond this HAProxy, which has no privileges, would get pipes of 8 kB for what it splices',
    source: 'pipe(7)',
    usual: '16384, which is 1,024 pipes of 64 kB; 0 is no limit',
    risk: 'low',
    scope: 'host',
    unlimited: '0',
    wish: ({ maxconn, demand }) =>
      demand.splices
        ? sized(maxconn, (connections) => {
            const pages = pipePagesFor(connections, demand);
            return {
              value: `${Math.max(16_384, pages)}`,
              numbers: `${count(pages)} pages of the pipes of ${count(connections)} connections`,
            };
          })
        : { leave: 'HAProxy splices nothing here' },
  },
];

/** The power of two that holds so many files, so that a document with one server more changes nothing; at least the kernel's own 1,048,576. */
function powerOfTwo(files: number): number {
  return Math.max(2 ** 20, 2 ** Math.ceil(Math.log2(files)));
}
