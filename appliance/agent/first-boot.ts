import { places } from '../apply/places.ts';
import { formatProblem } from '../config/problem.ts';
import { causeOf } from '../host/cause.ts';
import { errno, type Host } from '../host/host.ts';
import { plain, textFile } from '../state/host-state.ts';
import type { Changes, Ended } from './changes.ts';
import { readFilesBeside } from './files-beside.ts';
import type { Log } from './log.ts';

/** Where the image's shell tools lay a first document that they found on a volume, with what stood beside it. */
const folder = '/run/weir/first-boot';

/** Why the first document was refused, for the console. */
const errorFile = '/run/weir/first-boot.error';

/**
 * Applies the first document, if one was laid and nothing was ever confirmed; what stood beside it moves to /data/weir. A refused one is said on the
 * console, and the machine stays as it is. Answers with what is wrong, or null.
 */
export async function firstBoot(host: Host, changes: Changes, log: Log): Promise<string | null> {
  const text = await readText(host, `${folder}/config.yaml`);
  if (text === null) return null;
  if (text instanceof Error) return refuse(host, `config.yaml cannot be read: ${causeOf(text)}`);
  const files = await readFilesBeside(host, folder).catch(unreadable);
  if (files instanceof Error) return refuse(host, `a file beside config.yaml cannot be read: ${causeOf(files)}`);
  const named = await host.read(`${folder}/node`);
  const node = named === null ? null : plain(named.content).trim();

  const ended = await changes.firstBoot({ text, file: 'config.yaml', files, node }, (progress) => log.debug(progress));
  if (ended.outcome.kind !== 'confirmed') return refuse(host, reasonsOf(ended));
  await host.remove(folder);
  await host.write(errorFile, null);
  await host.run(places.activate, ['issue']);
  return null;
}

async function refuse(host: Host, reasons: string): Promise<string> {
  const text = `The first document was refused, and nothing was changed:\n${reasons}\n`;
  await host.write(errorFile, textFile(text));
  await host.run(places.activate, ['issue']);
  return text.trim();
}

/** All that is wrong with a change, a line or more each. */
function reasonsOf({ outcome, problems }: Ended): string {
  const errors = problems.filter(({ severity }) => severity !== 'warning').map(formatProblem);
  const remaining = outcome.kind === 'rollback-failed' ? outcome.remaining : [];
  return [...errors, ...(outcome.kind === 'confirmed' ? [] : outcome.reasons), ...remaining].join('\n');
}

async function readText(host: Host, path: string): Promise<string | Error | null> {
  try {
    const bytes = await host.readBytes(path, 64 * 1024 * 1024);
    return bytes === null ? null : new TextDecoder().decode(bytes);
  } catch (error) {
    return unreadable(error);
  }
}

/** What keeps a file from being read, for the console; anything else is a bug. */
function unreadable(error: unknown): Error {
  if (errno(error) === null) throw error;
  return error as Error;
}
