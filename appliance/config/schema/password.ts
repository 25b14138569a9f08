import { z } from 'zod';
import { advise } from './scalar.ts';

/** What to do about a password that is no hash. */
const HASHING = 'put a hash here, in double quotes: mkpasswd -m yescrypt';

/** A password by its crypt(5) hash: a scheme between dollar signs, then settings and digest. The value is never part of a message. */
export const passwordHash = () =>
  z
    .string({ error: (issue) => (issue.input === undefined ? undefined : advise('the password must be a hash, in quotes', HASHING)) })
    .check((context) => {
      const message = /^\$(?:y|gy|7|6|5|2[aby])\$[^:\s]*$/.test(context.value)
        ? null
        : context.value.startsWith('$1$')
          ? advise('the password hash uses MD5, which is broken', HASHING)
          : advise('the password is not a hash', `plain text does not belong into the document; ${HASHING}`);
      if (message !== null) context.issues.push({ code: 'custom', message, input: undefined });
    });
