/** Whether a mode is that of a symbolic link (stat(2)). */
export function isLinkMode(mode: number): boolean {
  return (mode & 0o170000) === 0o120000;
}
