import { parseComplaints, placeOfComplaint } from '../../proxy/haproxy/complaint.ts';
import type { Origins, Place } from '../../proxy/haproxy/line.ts';
import { type ChosenBind, chooseBind, proxyHeader } from '../../proxy/haproxy/route/chosen-bind.ts';
import { type PrivateConfig, privateConfig } from '../../proxy/haproxy/route/private-config.ts';
import { privateSockets } from '../../proxy/haproxy/route/private-plane.ts';
import { type Asked, type Objection, parseQuestion, type Question, requestText } from '../../proxy/haproxy/route/question.ts';
import { hasEnded, isWholeResponse, readRoute } from '../../proxy/haproxy/route/reading.ts';
import { unansweredBy } from '../../proxy/haproxy/route/unanswered.ts';
import { places } from '../apply/places.ts';
import type { Config, Files } from '../config/config.ts';
import { readSource } from '../config/source.ts';
import type { Host, RunResult, Spoken, Started, Talk } from '../host/host.ts';
import { textFile } from '../state/host-state.ts';
import { namedFiles } from '../state/named-files.ts';
import type { RouteAnswer, RouteRefusal, Spot } from './route-answer.ts';
import { alone, type Command, serviceOf } from './route-program.ts';

/** A document that is asked, as it was read. */
export interface AskedDocument {
  readonly config: Config;
  readonly text: string;
  readonly file: string;
  readonly files: Files | null;
}

/** Milliseconds in which HAProxy starts: with 10,000 backends it takes 3 seconds here, and the machine may be busy. */
const startsWithinMs = 60_000;

/** Milliseconds in which it answers: rules may wait some seconds for bytes that do not come. */
const answersWithinMs = 30_000;

/** Milliseconds in which the log has its line once the answer is there; one kind of answer is never logged. */
const logsWithinMs = 1000;

const refused = (...reasons: readonly Objection[]): RouteRefusal => ({ kind: 'refused', problems: [], reasons });

/**
 * Asks the real HAProxy what it does with a request: it is started with what the document is rendered as, behind a UNIX socket in a folder that only we
 * can enter and without a network, with stand-ins for servers, and ends with the answer. Nothing of what serves is touched. `isAppliance`: as a service of
 * systemd; else as a program of ours, which ends early by the signal.
 */
export async function askRoute(
  host: Host,
  document: AskedDocument,
  asked: Asked,
  isAppliance: boolean,
  signal?: AbortSignal,
): Promise<RouteAnswer | RouteRefusal> {
  const question = parseQuestion(asked);
  if ('objections' in question) return refused(...question.objections);
  const plane = document.config.proxy;
  const chosen = chooseBind(plane, question);
  if ('message' in chosen) return refused(chosen);
  const source = readSource(document.text, document.file);
  return await host.withFolder(isAppliance ? places.route : null, async (folder) => {
    const made = privateConfig(plane, chosen, folder);
    const missing = await lay(host, document, made, folder);
    if (missing.length > 0)
      return refused({
        message: `HAProxy needs files beside the document that are not there: ${missing.join(', ')}`,
        hint: 'put them into the folders beside it, or ask on the appliance',
      });
    const program = isAppliance ? serviceOf(folder, host.id()) : await alone(host, folder, plane.global.lua.length > 0);
    if ('message' in program) return refused(program);
    const heard = await converse(host, program, folder, chosen, question, signal);
    if (signal?.aborted) return refused({ message: 'it was interrupted', hint: 'nothing is left of it' });
    if (heard.kind === 'failed') return failed(heard.result, new Map([[`${folder}/haproxy.cfg`, made.places]]), source.locate);
    const routed = readRoute(plane, chosen, made, { log: heard.log, response: heard.spoken.text });
    const spot = (at: Place): Spot => spotOf(source.locate({ at, message: '' }), at);
    const { bind, steps, chosenBy, answer, isCut: _saidBelow, ...rest } = routed;
    const ended = heard.spoken.trouble !== null && answer !== null && answer.by === null ? heard.spoken.trouble : null;
    return {
      kind: 'routed',
      ...rest,
      bind: spot(bind),
      source: chosen.ends?.source.address ?? null,
      destination: chosen.ends === null ? null : `${chosen.ends.destination.address} port ${chosen.ends.destination.port}`,
      certificate: heard.spoken.certificate,
      rules: steps.map(({ at, held, because }) => ({ at: spot(at), held, because })),
      chosenBy: chosenBy === null ? null : spot(chosenBy),
      answer: answer === null ? null : { ...answer, by: answer.by === null ? null : spot(answer.by), reason: answer.reason ?? ended },
      unanswered: unansweredBy(plane, chosen, question, made, routed).map(({ at, text }) => ({ at: spot(at), text })),
    };
  });
}

/** Lays what the private HAProxy reads below its folder; answers with the files that are not at hand. */
async function lay(host: Host, { config, files }: AskedDocument, made: PrivateConfig, folder: string): Promise<readonly string[]> {
  const { held } = namedFiles(config.proxy, files);
  const missing = made.named.filter((path) => !held.has(path));
  if (missing.length > 0) return missing.map((path) => path.slice('/run/weir/'.length));
  for (const path of made.named) {
    const file = held.get(path);
    if (file !== undefined) await host.writeBelow(folder, path.slice('/run/weir'.length), file);
  }
  for (const [path, text] of made.lists) await host.writeBelow(folder, `/${path}`, textFile(text));
  // a folder comes with its first file
  await host.writeBelow(folder, '/binds/sockets', textFile(''));
  await host.writeBelow(folder, '/haproxy.cfg', { ...textFile(made.config), mode: 0o600 });
  return [];
}

/** What the client says, and how. Whoever listens by TCP alone sees the TLS hello of a browser, and nobody answers it. */
function talkOf({ frontend, bind, ends }: ChosenBind, question: Question): Talk {
  const isHttp = question.kind === 'http';
  const speaksTls = bind.ssl !== null || (isHttp && question.isTls);
  const isName = /[a-z]/.test(question.host) && !question.host.includes(':');
  const alpn = bind.ssl === null ? ['h2', 'http/1.1'] : ['http/1.1'];
  return {
    preamble: proxyHeader(ends),
    tls: speaksTls ? { servername: isName ? question.host : null, alpn } : null,
    text: isHttp ? requestText(question) : null,
    isWhole: (text) => frontend.mode === 'http' && isHttp && isWholeResponse(question.method, text),
    timeoutMs: answersWithinMs,
  };
}

type Conversation =
  | { readonly kind: 'heard'; readonly spoken: Extract<Spoken, { kind: 'spoken' }>; readonly log: string }
  | { readonly kind: 'failed'; readonly result: RunResult | null };

/** Asks once HAProxy listens, and waits until it has logged what it did. */
function converse(
  host: Host,
  { program, args }: Command,
  folder: string,
  chosen: ChosenBind,
  question: Question,
  signal?: AbortSignal,
): Promise<Conversation> {
  const talk = talkOf(chosen, question);
  const ask = async ({ said, ended }: Started): Promise<Conversation> => {
    for (const until = host.now() + startsWithinMs; ; await host.sleep(20)) {
      const spoken = await host.converse(`${folder}/${privateSockets.bind}`, talk);
      if (spoken.kind === 'silence') {
        const result = ended();
        if (result !== null || host.now() > until) return { kind: 'failed', result };
        continue;
      }
      for (const last = host.now() + logsWithinMs; !hasEnded(said()) && ended() === null && host.now() < last; ) await host.sleep(10);
      return { kind: 'heard', spoken, log: said() };
    }
  };
  return host.during(program, args, ask, signal);
}

/** HAProxy's own words where it did not start, at the lines of the document that they are about. */
function failed(result: RunResult | null, origins: Origins, locate: ReturnType<typeof readSource>['locate']): RouteRefusal {
  if (result === null) return refused({ message: 'HAProxy did not start in time', hint: 'is this machine busy? ask again' });
  if (/haproxy: not found|No such file/.test(result.stderr))
    return refused({
      message: 'haproxy is not installed here',
      hint: 'install HAProxy 3.0 (apt-get install haproxy), or ask on the appliance',
    });
  const complaints = parseComplaints(result.stderr).filter(({ isFatal }) => isFatal);
  const placed = complaints.flatMap((complaint) => {
    const at = placeOfComplaint(complaint, origins);
    return at === null ? [] : [locate({ at, message: `HAProxy refuses this: ${complaint.message}` })];
  });
  const words = complaints.length > 0 ? complaints.map(({ message }) => message).join('; ') : result.stderr.trim().slice(-500);
  if (placed.length > 0) return { kind: 'refused', problems: placed, reasons: [] };
  return refused({ message: `HAProxy does not start with this: ${words}`, hint: 'is it HAProxy 3.0? haproxy -v says so' });
}

/** The path of a place as people write it. */
function pathText(at: Place): string {
  return at.map((step, index) => (typeof step === 'number' ? `[${step}]` : `${index === 0 ? '' : '.'}${step}`)).join('');
}

function spotOf({ file, line, excerpt }: ReturnType<ReturnType<typeof readSource>['locate']>, at: Place): Spot {
  const [first = ''] = excerpt.split('\n');
  return { path: pathText(at), file, line, text: first.replace(/^\s*\d+ \| ?/, '').trim() };
}
