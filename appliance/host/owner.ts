import { readFile } from 'node:fs/promises';

/** Owner of a file as `user:group`, numbers where they have no name. */
export async function ownerName(uid: number, gid: number): Promise<string> {
  const name = async (file: string, id: number) => [...(await table(file))].find(([, number]) => number === id)?.[0] ?? `${id}`;
  return `${uid === 0 ? 'root' : await name('/etc/passwd', uid)}:${gid === 0 ? 'root' : await name('/etc/group', gid)}`;
}

/** Number of a user, by name or number. @throws Error when there is none. */
export async function userId(name: string): Promise<number> {
  return idOf('/etc/passwd', name, 'user');
}

/** Number of a group, by name or number. @throws Error when there is none. */
export async function groupId(name: string): Promise<number> {
  return idOf('/etc/group', name, 'group');
}

async function idOf(file: string, name: string, what: string): Promise<number> {
  if (name === 'root') return 0;
  if (/^\d+$/.test(name)) return Number(name);
  const id = (await table(file)).get(name);
  if (id === undefined) throw new Error(`there is no ${what} ${name} on this machine: it should have come with the image (${file})`);
  return id;
}

/** Names and numbers of passwd(5) and group(5), which agree in their first and third field. */
async function table(file: string): Promise<ReadonlyMap<string, number>> {
  const lines = (await readFile(file, 'utf8')).split('\n').map((line) => line.split(':'));
  return new Map(lines.filter((fields) => fields.length > 2).map((fields) => [fields[0] ?? '', Number(fields[2])]));
}
