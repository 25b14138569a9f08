import { importHaproxy, type Outcome } from '../../proxy/haproxy/import/import.ts';
import { type Mistake, mistakesIn } from '../../proxy/haproxy/import/mistake.ts';
import { importKeepalived } from '../../proxy/keepalived/import/import.ts';
import { withPair } from '../../proxy/keepalived/import/join.ts';
import { type LocatedProblem, UNPRINTABLE } from '../config/problem.ts';
import { causeOf } from '../host/cause.ts';
import { errno } from '../host/host.ts';
import { textFile } from '../state/host-state.ts';
import { answer, problemForScripts, refuse, refuseWith } from './answer.ts';
import { type Command, jsonOption } from './command.ts';
import { filesNamed } from './import-files.ts';
import { exitCode, type Io } from './io.ts';

/** The largest haproxy.cfg that is read, in bytes. */
const LARGEST = 16 * 1024 * 1024;

/** `weir import`: a document from the configuration of another machine. Neither root nor an agent needed. */
export const importConfig: Command = {
  name: 'import',
  argument: {
    name: '<file...>',
    description: 'the haproxy.cfg, and of a pair the keepalived.conf; one of them may be - for standard input',
  },
  summary: 'make a document of a haproxy.cfg and a keepalived.conf, and say what became of each line',
  options: [{ flags: '--out <file>', description: 'the document to write (default: standard output)' }, jsonOption],
  example: 'weir import /etc/haproxy/haproxy.cfg /etc/keepalived/keepalived.conf --out config.yaml\nweir validate config.yaml',
  run: async (args, io) => {
    const [file = '-', pairFile, ...others] = args.positional;
    if (others.length > 0 || file === pairFile)
      return refuseWith(args, io, 'import takes a haproxy.cfg and at most one keepalived.conf', 'weir import haproxy.cfg keepalived.conf');
    const { out } = args.options;
    if (typeof out === 'string' && (out === file || out === pairFile))
      return refuseWith(args, io, `${out} would be written over itself`, 'name another file, such as --out config.yaml');
    const texts = new Map<string, string>();
    for (const each of [file, ...(pairFile === undefined ? [] : [pairFile])]) {
      const source = await readText(each, io);
      if ('reason' in source) return refuseWith(args, io, `cannot read ${each}: ${source.reason}`, 'name a file, or - for standard input');
      texts.set(each, source.text);
    }
    const source = texts.get(file) ?? '';
    const pair = pairFile === undefined ? null : importKeepalived(texts.get(pairFile) ?? '');
    const mistakes = [
      ...mistakesIn(source).map((mistake) => located(mistake, file)),
      ...(pair?.mistakes ?? []).map((mistake) => located(mistake, pairFile ?? '')),
    ];
    if (mistakes.length > 0) return refuse(args, io, mistakes);
    const files = await filesNamed(source, io.host);
    const { documentOf } = await import('../config/imported.ts');
    const { text, imported, problems } = documentOf(source, (said, refused) => {
      const made = importHaproxy(said, refused, (path) => files.get(path) ?? null);
      return pair === null ? made : withPair(made, pair);
    });
    const lines = [
      ...imported.outcomes.map((outcome) => ({ file, ...outcome })),
      ...(pair?.outcomes ?? []).map((outcome) => ({ file: pairFile ?? '', ...outcome })),
    ];
    if (typeof out === 'string') {
      const at = out.lastIndexOf('/');
      try {
        await io.host.writeBelow(at < 0 ? '.' : out.slice(0, at) || '/', `/${out.slice(at + 1)}`, textFile(text));
      } catch (error) {
        if (errno(error) === null) throw error;
        return refuseWith(args, io, `cannot write ${out}: ${causeOf(error, out)}`, 'name a file that you may write to');
      }
    }
    const counts = countsOf(lines);
    const told = [
      ...lines
        .filter(isWorthTelling)
        .map((each) => `${each.file}:${each.line}: ${each.fate}: ${printable(each.text)}\n  ${printable(each.reason ?? '')}`),
      ...imported.copies.map(({ from, to, note }) => printable(`copy ${from} to ${to}${note === null ? '' : `: ${note}`}`)),
      ...problems.map(({ line, message, hint }) => `document:${line}: ${message}${hint === undefined ? '' : `\n  ${hint}`}`),
      pair === null
        ? 'nodes: this machine is not in a haproxy.cfg; write its links instead of those of lb1'
        : `nodes: ${Object.keys(pair.nodes).join(' and ')} have what keepalived.conf says of their links; write the MAC addresses, and what else they have`,
      summaryOf(counts),
    ];
    if (!args.options.json) io.stderr(`${told.join('\n')}\n`);
    answer(
      args,
      io,
      {
        document: typeof out === 'string' ? null : text,
        out: typeof out === 'string' ? out : null,
        lines,
        files: imported.copies,
        counts,
        problems: problems.map(problemForScripts),
      },
      () => (typeof out === 'string' ? '' : text),
    );
    return problems.some(({ severity }) => severity !== 'warning') ? exitCode.failed : exitCode.done;
  },
};

/** A mistake as a problem with its place. */
function located({ line, message, hint }: Mistake, file: string): LocatedProblem {
  return { at: [file], file, line, column: 1, excerpt: '', message, ...(hint === undefined ? {} : { hint }) };
}

/** Somebody else's text for a terminal: it moves no cursor. */
const printable = (text: string): string => text.replaceAll('\t', ' ').replace(UNPRINTABLE, '?');

/** How many lines had which fate. */
export type Counts = { readonly [fate in Outcome['fate']]: number };

/** Counts lines by their fates. */
export function countsOf(outcomes: readonly Outcome[]): Counts {
  const of = (fate: Outcome['fate']) => outcomes.filter((outcome) => outcome.fate === fate).length;
  return { option: of('option'), own: of('own'), needless: of('needless'), raw: of('raw'), dropped: of('dropped') };
}

const isWorthTelling = ({ fate, reason, within }: Outcome): boolean => within === undefined && (fate !== 'option' || reason !== null);

/** The share of options among the lines that the document has to say, in percent. */
export function shareOf({ option, raw, dropped }: Counts): number {
  const all = option + raw + dropped;
  return all === 0 ? 100 : (100 * option) / all;
}

function summaryOf(counts: Counts): string {
  const { option, own, needless, raw, dropped } = counts;
  return [
    `${option} of ${option + raw + dropped} lines became options (${shareOf(counts).toFixed(1)} %), ${raw} stay raw, ${dropped} are dropped`,
    `of the others, ${own} are decided by the appliance, ${needless} said nothing to HAProxy 3.0 where they stood`,
  ].join('\n');
}

async function readText(file: string, io: Io): Promise<{ readonly text: string } | { readonly reason: string }> {
  if (file === '-') return { text: await io.stdin() };
  try {
    const bytes = await io.host.readBytes(file, LARGEST);
    return bytes === null ? { reason: 'there is no such file' } : { text: new TextDecoder().decode(bytes) };
  } catch (error) {
    if (errno(error) === null) throw error;
    return { reason: causeOf(error, file) };
  }
}
