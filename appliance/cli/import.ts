import { importHaproxy, type Outcome } from '../../proxy/haproxy/import/import.ts';
import { causeOf } from '../host/cause.ts';
import { errno } from '../host/host.ts';
import { textFile } from '../state/host-state.ts';
import { answer, problemForScripts, refuseWith } from './answer.ts';
import { type Command, jsonOption } from './command.ts';
import { exitCode, type Io } from './io.ts';

/** The largest haproxy.cfg that is read, in bytes. */
const LARGEST = 16 * 1024 * 1024;

/** `weir import`: a document from the haproxy.cfg of another machine. Neither root nor an agent needed. */
export const importConfig: Command = {
  name: 'import',
  argument: { name: '<haproxy.cfg>', description: 'the configuration, or - for standard input' },
  summary: 'make a document of a haproxy.cfg, and say what became of each line',
  options: [{ flags: '--out <file>', description: 'the document to write (default: standard output)' }, jsonOption],
  example: 'weir import /etc/haproxy/haproxy.cfg --out config.yaml\nweir validate config.yaml',
  run: async (args, io) => {
    const [file = '-'] = args.positional;
    const source = await readText(file, io);
    if ('reason' in source)
      return refuseWith(args, io, `cannot read ${file}: ${source.reason}`, 'name a haproxy.cfg, or - for standard input');
    const { documentOf } = await import('../config/imported.ts');
    const { text, imported, problems } = documentOf(source.text, importHaproxy);
    const { out } = args.options;
    if (typeof out === 'string') {
      const at = out.lastIndexOf('/');
      try {
        await io.host.writeBelow(at < 0 ? '.' : out.slice(0, at) || '/', `/${out.slice(at + 1)}`, textFile(text));
      } catch (error) {
        if (errno(error) === null) throw error;
        return refuseWith(args, io, `cannot write ${out}: ${causeOf(error, out)}`, 'name a file that you may write to');
      }
    }
    const counts = countsOf(imported.outcomes);
    const told = [
      ...imported.outcomes
        .filter(isWorthTelling)
        .map(({ line, text: said, fate, reason }) => `${file}:${line}: ${fate}: ${said}\n  ${reason ?? ''}`),
      ...imported.copies.map(({ from, to, note }) => `copy ${from} to ${to}${note === null ? '' : `: ${note}`}`),
      ...problems.map(({ line, message, hint }) => `document:${line}: ${message}${hint === undefined ? '' : `\n  ${hint}`}`),
      'nodes: this machine is not in a haproxy.cfg; write its links instead of those of lb1',
      summaryOf(counts),
    ];
    if (!args.options.json) io.stderr(`${told.join('\n')}\n`);
    answer(
      args,
      io,
      {
        document: typeof out === 'string' ? null : text,
        out: typeof out === 'string' ? out : null,
        lines: imported.outcomes,
        files: imported.copies,
        counts,
        problems: problems.map(problemForScripts),
      },
      () => (typeof out === 'string' ? '' : text),
    );
    return problems.some(({ severity }) => severity !== 'warning') ? exitCode.failed : exitCode.done;
  },
};

/** How many lines had which fate. */
export function countsOf(outcomes: readonly Outcome[]): { readonly [fate in Outcome['fate']]: number } {
  const of = (fate: Outcome['fate']) => outcomes.filter((outcome) => outcome.fate === fate).length;
  return { option: of('option'), own: of('own'), raw: of('raw'), dropped: of('dropped') };
}

const isWorthTelling = ({ fate, reason }: Outcome): boolean => fate !== 'option' || reason !== null;

function summaryOf({ option, own, raw, dropped }: ReturnType<typeof countsOf>): string {
  const all = option + raw + dropped;
  const share = all === 0 ? '100' : ((100 * option) / all).toFixed(1);
  return `${option} of ${all} lines became options (${share} %), ${raw} stay raw, ${dropped} are dropped; ${own} more are weir's own business`;
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
