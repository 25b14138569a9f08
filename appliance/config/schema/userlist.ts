import { z } from 'zod';
import { passwordHash } from './password.ts';
import { advise, name, text } from './scalar.ts';

/** A user's name as clients say it: HTTP's basic authentication has no colon in it (RFC 7617, 2). */
const userName = () => text('a user name', /^[A-Za-z0-9][A-Za-z0-9_.@+-]{0,63}$/, 'letters, digits and _ . @ + -, at most 64 characters');

/** Users by list (configuration manual, 3.4 "Userlists"). */
export const userlists = z
  .record(
    name(),
    z.strictObject({
      users: z
        .record(
          userName(),
          z.strictObject(
            {
              password: passwordHash().describe('A crypt(5) hash of the password, made by mkpasswd -m sha-256.'),
              groups: z.array(name()).default([]).describe('The groups that the user is in.'),
            },
            {
              // what stands there instead may be the password itself
              error: (issue) =>
                issue.code === 'invalid_type' ? advise('expected a map', 'write { password: "$5$…" }, a hash') : undefined,
            },
          ),
        )
        .refine((users) => Object.keys(users).length > 0, 'name a user')
        .describe('The users: the hash of a password each, and groups.'),
    }),
  )
  .default({})
  .describe('Users with their hashed passwords, for http_auth and http_auth_group, by list.');
