import { type Problem, quote } from '../problem.ts';
import { parseSocket, SERVER_SOCKETS } from '../schema/address.ts';
import { type Context, problem } from './context.ts';

/** Checks that a server on a UNIX socket is a bind of this document that HAProxy may connect to, or a program in the folder for those. */
export function checkServerSockets({ document, isWhole }: Context): readonly Problem[] {
  const binds = Object.values(document.frontends).flatMap(({ bind }) => bind);
  return Object.entries(document.backends).flatMap(([backend, { servers }]) =>
    Object.entries(servers).flatMap(([name, input]) => {
      const socket = parseSocket(typeof input === 'string' ? input : input.address);
      if (socket === null || socket.startsWith(`${SERVER_SOCKETS}/`)) return [];
      const at = ['backends', backend, 'servers', name, ...(typeof input === 'string' ? [] : ['address'])];
      if (socket.startsWith('abns@'))
        return isWhole('frontends') && !binds.some(({ abns }) => `abns@${abns}` === socket)
          ? [
              problem(
                at,
                `no bind has the abstract UNIX socket ${quote(socket)}`,
                `write bind: [{ abns: ${socket.slice(5)} }] in a frontend`,
              ),
            ]
          : [];
      const bind = binds.find(({ unix }) => unix === socket);
      if (bind === undefined)
        return isWhole('frontends')
          ? [
              problem(
                at,
                `no bind has the UNIX socket ${quote(socket)}`,
                `the sockets of programs stand in ${SERVER_SOCKETS}: write unix:${SERVER_SOCKETS}/NAME.sock`,
              ),
            ]
          : [];
      return bind.mode === 600
        ? [problem(at, `root alone may connect to ${quote(socket)}`, 'HAProxy connects as a user of its own: give that bind the mode 666')]
        : [];
    }),
  );
}
