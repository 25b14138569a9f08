import { largestFiles } from '../apply/blobs.ts';
import type { Files } from '../config/config.ts';
import { errno, type Request } from '../host/host.ts';
import { type Folder, perFolder } from '../state/folder.ts';
import type { Requests, Sizes } from './request.ts';

/** Bytes above which a request's line is not read: the largest document is 16 MB, and JSON may double its quotes. */
const largestRequest = 40 * 1024 * 1024;

const tooLarge = 'the document is larger than 16 MB, or the files beside it than 64 MB in all: weir reads no more';

/** A request that is not one of ours: `status` is 400, or 413 when it is too long. */
function badRequest(status: number, message: string): Error {
  return Object.assign(new Error(message), { status });
}

/** A request: a line of JSON, and after it the bytes of the files that the line names, if it names any. @throws Error with the `status` that refuses it. */
export async function parsed<Path extends keyof Requests>(request: Request, path: Path): Promise<Requests[Path]> {
  const body = await request.body(largestRequest + largestFiles).catch((error) => {
    if (errno(error) === 'TooLarge') throw badRequest(413, tooLarge);
    throw error;
  });
  const end = body.indexOf(10);
  const line = end === -1 ? body : body.subarray(0, end);
  if (line.length > largestRequest) throw badRequest(413, tooLarge);
  let value: unknown;
  try {
    value = JSON.parse(line.length === 0 ? '{}' : new TextDecoder().decode(line));
  } catch {
    throw badRequest(400, 'the request is not JSON');
  }
  const [{ requests }, { explainIssues, issueText }] = await Promise.all([import('./request.ts'), import('../config/explain.ts')]);
  const result = requests[path].safeParse(value, { error: issueText });
  if (!result.success) {
    const [problem] = explainIssues(result.error.issues);
    throw badRequest(400, `the request is wrong at ${problem?.at.join('.') || 'its top'}: ${problem?.message}`);
  }
  const sizes = 'files' in result.data ? result.data.files : null;
  const files = sizes === null ? {} : { files: cut(body.subarray(line.length + 1), sizes) };
  return { ...result.data, ...files } as unknown as Requests[Path];
}

/** The files that follow a request, none of them copied. */
function cut(bytes: Uint8Array, sizes: Sizes): Files {
  let from = 0;
  const take = (kind: Folder) =>
    new Map(
      Object.entries(sizes[kind]).map(([name, size]) => {
        from += size;
        return [name, bytes.subarray(from - size, from)] as const;
      }),
    );
  const files = perFolder(take);
  if (from !== bytes.length) throw badRequest(400, `the request names files of ${from} bytes, and ${bytes.length} came`);
  return files;
}
