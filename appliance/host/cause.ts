import { errno } from './host.ts';

/** What the errors of system calls mean to a person (errno(3)). */
const words: Readonly<Record<string, string>> = {
  EACCES: 'permission is denied',
  EBUSY: 'it is in use',
  EDQUOT: 'the quota of space is used up',
  EEXIST: 'it is there already',
  EFBIG: 'it is too large',
  EIO: 'the device reports an error',
  EISDIR: 'it is a folder, not a file',
  ELOOP: 'its symbolic links lead in a circle',
  EMFILE: 'too many files are open',
  ENAMETOOLONG: 'the name is too long',
  ENOENT: 'there is no such file or folder',
  ENOSPC: 'no space is left',
  ENOTDIR: 'a file stands where a folder should be',
  EPERM: 'it is not permitted',
  EROFS: 'the file system is read-only',
  // Node's own code, of rm
  ERR_FS_EISDIR: 'it is a folder, not a file',
};

/**
 * Why something could not be read or written, in words; with the path, unless that is the one that the sentence around it names. Errors that the
 * system did not make speak for themselves.
 */
export function causeOf(error: unknown, named = ''): string {
  if (!(error instanceof Error)) return String(error);
  const text = 'syscall' in error ? words[errno(error) ?? ''] : error.message;
  if (text === undefined) return error.message;
  return 'path' in error && typeof error.path === 'string' && error.path !== named ? `${text} (${error.path})` : text;
}
