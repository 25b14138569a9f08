/** An error with an errno, as those of files have: what a kernel or a program refuses of a key. */
export function refused(code: string, message: string): Error {
  return Object.assign(new Error(message), { code });
}
