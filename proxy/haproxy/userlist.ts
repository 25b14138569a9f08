import type { Userlist } from '../model.ts';
import { type Line, placed } from './line.ts';
import { line, name } from './quote.ts';

/** A list of users and the groups that they are in (configuration manual, 3.4 "Userlists"). */
export function userlistSection({ name: list, users }: Userlist): readonly Line[] {
  const groups = new Set(users.flatMap((user) => user.groups));
  return placed(
    ['userlists', list],
    [
      `userlist ${name(list)}`,
      ...[...groups].map((group) => line('group', name(group))),
      ...users.flatMap((user) =>
        placed(
          ['users', user.name],
          [line('user', user.name, 'password', user.password, ...(user.groups.length === 0 ? [] : ['groups', user.groups.join(',')]))],
        ),
      ),
    ],
  );
}
