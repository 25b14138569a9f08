import { confirmedId, readHistory } from '../apply/generations.ts';
import type { Report } from '../apply/outcome.ts';
import { reset } from '../apply/reset.ts';
import { readRuntime } from '../apply/runtime.ts';
import type { Handler, Host, Request, Response } from '../host/host.ts';
import { type Blocking, type Blocks, readBlocks, readDropped } from './blocks.ts';
import { listCertificates } from './certificate-list.ts';
import { forgetRequest, requestCertificate, waitingKey } from './certificate-requests.ts';
import { installCertificate, reloadCertificates, type Stored } from './certificates.ts';
import type { Changes, Ended, Tools } from './changes.ts';
import { type Cleared, clear } from './clear-table.ts';
import { confirmedSource, sourceOf } from './draft.ts';
import { parsed } from './incoming.ts';
import { readMap } from './maps.ts';
import { answerPlan, answerRoute, type Reply } from './questions.ts';
import type { Running } from './running.ts';
import type { Runtime } from './runtime.ts';
import type { Status } from './status.ts';
import { type Reading, readSessions, readStats, readTable, readTables } from './traffic.ts';

/** Version of every answer; raised when a key changes its meaning or goes. */
const version = 1;

/** What the agent's doors need. */
export interface Doors extends Tools {
  readonly changes: Changes;
  readonly blocks: Blocks;
  readonly runtime: Runtime;
  readonly status: () => Promise<Status>;
  /** Something is otherwise than the status of a moment ago says. */
  readonly forgetStatus: () => void;
}

/** The door for everyone on the machine: how it is, and what its servers did; who its clients are is for those who may change it. */
export function statusDoor({ host, status }: Pick<Doors, 'host' | 'status'>): Handler {
  return async ({ method, path }, response) => {
    const [, backend = null] = /^\/stats(?:\/([A-Za-z0-9_.:-]{1,200}))?$/.exec(path) ?? [];
    if (method === 'GET' && path === '/status') return answer(response, 200, await status());
    if (method === 'GET' && (path === '/stats' || backend !== null))
      return told(response, await readStats(host, backend), (sample) => sample);
    answer(response, 404, { message: `there is no ${method} ${path} here` });
  };
}

/**
 * The door for those who may change the machine. Every answer is lines of JSON; a change answers at once and goes on, one line for each thing it
 * says, and its last line is `{ kind: 'outcome', outcome, problems }`. A client that leaves does not stop it.
 */
export function agentDoor(doors: Doors): Handler {
  return async (request, response) => {
    await serve(doors, request, response);
    // Nothing holds the request any more: what it and its change needed goes back to the system.
    if (request.method === 'POST' && request.path !== '/confirm') doors.host.tidy();
  };
}

async function serve(doors: Doors, request: Request, response: Response): Promise<void> {
  const { host, changes, log } = doors;
  const { method, path } = request;
  try {
    switch (`${method} ${path}`) {
      case 'GET /status':
        return answer(response, 200, await doors.status());
      case 'GET /history':
        return answer(response, 200, { version, confirmed: await confirmedId(host), generations: await readHistory(host) });
      case 'POST /plan':
        return replied(response, await answerPlan(doors, await parsed(request, 'plan')));
      case 'POST /route':
        return replied(response, await answerRoute(doors.host, await parsed(request, 'route')));
      case 'POST /apply': {
        const asked = await parsed(request, 'apply');
        return await stream(doors, response, (report) => changes.apply(asked, report));
      }
      case 'POST /rollback': {
        const asked = await parsed(request, 'rollback');
        return await stream(doors, response, (report) => changes.rollBack(asked, report));
      }
      case 'POST /confirm': {
        const reason = changes.confirm((await parsed(request, 'confirm')).connection);
        return answer(response, reason === null ? 200 : 409, { version, confirmed: reason === null, message: reason ?? 'confirmed' });
      }
      case 'GET /certificates':
        return answer(response, 200, { version, ...(await listCertificates(host)) });
      case 'POST /certificates/request': {
        const { kind, ...rest } = await requestCertificate(host, await parsed(request, 'certRequest'));
        return answer(response, { requested: 200, refused: 409, failed: 500 }[kind], { version, ...rest });
      }
      case 'POST /certificates/install': {
        const asked = await parsed(request, 'certInstall');
        return await stream(doors, response, (report) => installCertificate(host, changes, asked, report));
      }
      case 'POST /certificates/forget': {
        const { name } = await parsed(request, 'certForget');
        if ((await waitingKey(host, name)) === null) return answer(response, 409, { version, message: `no request for "${name}" waits` });
        await forgetRequest(host, name);
        return answer(response, 200, { version, forgotten: name });
      }
      case 'POST /certificates/reload': {
        const asked = await parsed(request, 'certReload');
        return await stream(doors, response, (report) => reloadCertificates(host, changes, asked, report));
      }
      case 'GET /blocks':
        return answer(response, 200, { version, blocks: await readBlocks(host), dropped: await readDropped(host) });
      case 'POST /block':
        return await noted(doors, response, await parsed(request, 'block'), doors.blocks.block);
      case 'POST /unblock':
        return await noted(doors, response, await parsed(request, 'unblock'), doors.blocks.unblock);
      case 'GET /runtime':
        return answer(response, 200, { version, changes: await readRuntime(host) });
      case 'POST /runtime/forget':
        return await noted(doors, response, await parsed(request, 'runtimeForget'), doors.runtime.forget);
      case 'POST /runtime/keep': {
        const asked = await parsed(request, 'runtimeKeep');
        return await stream(doors, response, (report) => changes.keep(asked, report));
      }
      case 'POST /map':
        return await noted(doors, response, await parsed(request, 'map'), doors.runtime.map);
      case 'POST /map/show':
        return told(response, await readMap(host, (await parsed(request, 'mapShow')).map), (map) => map);
      case 'POST /server':
        return await noted(doors, response, await parsed(request, 'server'), doors.runtime.server);
      case 'POST /sessions':
        return told(response, await readSessions(host, await parsed(request, 'sessions')), (sessions) => sessions);
      case 'GET /tables':
        return told(response, await readTables(host), (tables) => ({ tables }));
      case 'POST /table/clear':
        return await noted(doors, response, await parsed(request, 'tableClear'), (asked) => clear(host, asked));
      case 'POST /table':
        return told(response, await readTable(host, await parsed(request, 'table')), (entries) => entries);
      case 'POST /tune/reset': {
        const { by } = await parsed(request, 'tuneReset');
        const outcome = await reset(host, by);
        doors.forgetStatus();
        log.warn({ by, outcome }, 'the kernel values were given back');
        return outcome.kind === 'reset'
          ? answer(response, 200, { version, values: outcome.values, left: outcome.left })
          : answer(response, 409, { version, message: `another change is under way (${outcome.holder}): wait for it, or confirm it` });
      }
      default:
        if (method === 'GET' && /^\/config(\/[\w.-]+)?$/.test(path)) return await config(host, path.split('/')[2] ?? null, response);
        return answer(response, 404, { version, message: `there is no ${method} ${path} here` });
    }
  } catch (error) {
    if (error instanceof Error && 'status' in error) return answer(response, Number(error.status), { version, message: error.message });
    log.error({ err: error, method, path }, 'request failed');
    answer(response, 500, { version, message: `a defect of weir: ${(error as Error).message}; the agent's log has more` });
  }
}

/** What was read of HAProxy, or why not. */
function told<Read>(response: Response, reading: Reading<Read>, body: (read: Read) => object): void {
  if (reading.kind === 'read') answer(response, 200, { version, ...body(reading.read) });
  else answer(response, reading.status, { version, message: reading.message, hint: reading.hint });
}

async function config(host: Host, id: string | null, response: Response): Promise<void> {
  const source = id === null ? await confirmedSource(host) : await sourceOf(host, id);
  if (source === null)
    return answer(response, 404, { version, message: id === null ? 'no document is confirmed yet' : `there is no generation ${id}` });
  answer(response, 200, { version, config: source.text });
}

/** A change beside the document, told as it ended: it takes no time that were worth a progress. The log says who did it. */
async function noted<Asked extends { readonly by: string }>(
  { log, forgetStatus }: Doors,
  response: Response,
  asked: Asked,
  change: (asked: Asked) => Promise<Blocking | Running | Cleared>,
): Promise<void> {
  const { kind, ...rest } = await change(asked);
  forgetStatus();
  log.info({ asked, kind, reasons: 'reasons' in rest ? rest.reasons : [] }, 'changed beside the document');
  answer(response, { done: 200, refused: 409, failed: 500 }[kind], { version, ...rest });
}

async function stream({ log }: Doors, response: Response, change: (report: Report) => Promise<Ended | Stored>): Promise<void> {
  response.start(200, 'application/x-ndjson');
  const say = (line: object) => response.write(`${JSON.stringify(line)}\n`);
  try {
    say({ kind: 'outcome', version, ...(await change(say)) });
  } catch (error) {
    // The head has gone out: what a defect of ours is must be said in its last line.
    say({ kind: 'defect', version, message: (error as Error).message });
    log.error({ err: error }, 'a change ended by a defect');
  } finally {
    response.end();
  }
}

function replied(response: Response, { status, body }: Reply): void {
  answer(response, status, { version, ...body });
}

function answer(response: Response, status: number, body: object): void {
  response.start(status, 'application/json');
  response.write(`${JSON.stringify(body)}\n`);
  response.end();
}
