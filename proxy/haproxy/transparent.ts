import type { DataPlane } from '../model.ts';
import type { Line } from './line.ts';
import { comment, line } from './quote.ts';

/** Whether HAProxy uses addresses that are not of its machine: those of clients towards servers, or any that a bind takes. */
export function isTransparent({ frontends, backends }: Pick<DataPlane, 'frontends' | 'backends'>): boolean {
  return (
    frontends.some(({ binds }) => binds.some(({ options }) => options.transparent === true)) ||
    backends.some(({ servers }) => servers.some(({ source }) => source !== null && source.usesrc !== null))
  );
}

/** What the worker, which is not root, needs for that (configuration manual, 3.1 "setcap"; ip(7), IP_TRANSPARENT). */
export function transparentLines(plane: DataPlane): readonly Line[] {
  return isTransparent(plane) ? [comment('the worker may use addresses of clients'), line('setcap', 'cap_net_raw')] : [];
}
