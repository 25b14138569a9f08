import { type Ablation, ablationsOf, clientHeaders, withoutLines } from './ablation.ts';
import type { Memory } from './account.ts';
import type { Certificates } from './certificates.ts';
import { type Configuration, type Contender, directly, startContender } from './contender.ts';
import { type Idle, idleRows, idleTimeout, measureIdle } from './idle.ts';
import { type Lab, origins } from './lab.ts';
import { type Load, runLoad } from './load.ts';
import { interleaved, measure, perSecond, type Samples } from './measure.ts';
import { nginxConfiguration } from './nginx.ts';
import type { ProxyOptions } from './options.ts';
import { equalStock, type Notes, openLoop, openNotes, type RowName, rows } from './rows.ts';
import { stockConfiguration } from './stock.ts';
import { changed, weirConfiguration } from './weir.ts';

/** Where progress goes, a line at a time. */
export type Say = (line: string) => void;

/** What a run needs. */
export interface Bench {
  readonly lab: Lab;
  readonly certificates: Certificates;
  readonly options: ProxyOptions;
  readonly say: Say;
}

/** What was measured of loads. */
export interface Measured {
  readonly name: string;
  readonly what: string;
  readonly samples: Samples;
  readonly notes: Notes;
}

/** Who is compared. `idle` is how long clients may be silent, where that matters. */
export async function configurations({ certificates, options }: Pick<Bench, 'certificates' | 'options'>, idle: string | null = null) {
  const weir = weirConfiguration(certificates, idle);
  return [
    weir,
    await stockConfiguration(certificates, { idle }),
    await stockConfiguration(certificates, { idle, name: equalStock, addition: clientHeaders(weir.text) }),
    nginxConfiguration(certificates, options.threads, idle),
  ] as const satisfies readonly Configuration[];
}

async function started<T>(lab: Lab, each: readonly Configuration[], act: (contenders: readonly Contender[]) => Promise<T>): Promise<T> {
  const contenders: Contender[] = [];
  try {
    for (const configuration of each) contenders.push(await startContender(lab, configuration));
    return await act(contenders);
  } finally {
    for (const contender of contenders) await contender.stop();
  }
}

/** A row for all contenders, in turns. */
function measureRow({ lab, options, say }: Bench, name: string, load: Load, contenders: readonly Contender[]): Promise<Samples> {
  return interleaved(contenders, options.rounds, async (contender, round) => {
    say(`${name}, round ${round + 1} of ${options.rounds}: ${contender.name}`);
    return await measure(contender, () => runLoad(lab, load, contender.address, options.seconds));
  });
}

/** All rows of loads that are wanted. */
export async function runLoads(bench: Bench): Promise<readonly Measured[]> {
  const { lab, options, say } = bench;
  const wanted = Object.entries(rows).filter(([name]) => options.rows.has(name));
  const shares = [50, 80].filter((share) => options.rows.has(`open-${share}`));
  if (wanted.length + shares.length === 0) return [];
  return await started(lab, await configurations(bench), async (proxies) => {
    const contenders = [...proxies, directly(origins[0])];
    const measured: Measured[] = [];
    for (const [name, { what, load, notes }] of wanted) {
      measured.push({ name, what, notes, samples: await measureRow(bench, name, load, contenders) });
    }
    if (shares.length === 0) return measured;
    say('how many requests the slowest proxy can carry');
    const most = await interleaved(proxies, 1, (proxy) =>
      measure(proxy, () => runLoad(lab, openLoop(null), proxy.address, options.seconds)),
    );
    const slowest = Math.min(...[...most.values()].flatMap(perSecond));
    for (const share of shares) {
      const rate = Math.round((slowest * share) / 100);
      const what = `${rate.toLocaleString('en')} requests/s whatever the answers take, ${share} % of what the slowest proxy can carry, 1 kB`;
      measured.push({
        name: `open-${share}`,
        what,
        notes: openNotes,
        samples: await measureRow(bench, `open-${share}`, openLoop(rate), contenders),
      });
    }
    return measured;
  });
}

/** What was measured of idle connections: bytes a connection, a round each. */
export interface MeasuredIdle {
  readonly name: string;
  readonly what: string;
  readonly memory: ReadonlyMap<string, readonly Memory[]>;
}

/** All rows of idle connections that are wanted. */
export async function runIdle(bench: Bench): Promise<readonly MeasuredIdle[]> {
  const { lab, options, say } = bench;
  const wanted = Object.entries<Idle>(idleRows).filter(([name]) => options.rows.has(name));
  if (wanted.length === 0) return [];
  // what rules and headers do takes no memory of idle connections
  const all = (await configurations(bench, idleTimeout)).filter(({ name }) => name !== equalStock);
  const measured: MeasuredIdle[] = [];
  for (const [name, idle] of wanted) {
    const memory = new Map<string, Memory[]>(all.map((each) => [each.name, []]));
    for (let round = 0; round < options.rounds; round++) {
      for (const configuration of all) {
        say(`${name}, round ${round + 1} of ${options.rounds}: ${configuration.name}`);
        memory.get(configuration.name)?.push(await measureIdle(lab, configuration, idle));
      }
    }
    measured.push({ name, what: idle.what, memory });
  }
  return measured;
}

/** What a default does in each row where it can matter. */
export interface MeasuredAblation {
  readonly row: RowName;
  /** Stock itself and stock with each default, by the default's name. */
  readonly added: Samples;
  /** weir itself and weir without each default. */
  readonly removed: Samples;
}

/** Stock with each of weir's defaults alone, and weir without it, row by row; each time takes half as long as in the table. */
export async function runAblation(bench: Bench): Promise<readonly MeasuredAblation[]> {
  const { lab, certificates } = bench;
  if (!bench.options.rows.has('ablation')) return [];
  const options = { ...bench.options, seconds: Math.max(1, Math.floor(bench.options.seconds / 2)) };
  const weir = weirConfiguration(certificates);
  const ablations = ablationsOf(weir.text);
  const measured: MeasuredAblation[] = [];
  for (const row of Object.keys(rows) as RowName[]) {
    const matter = ablations.filter((each) => each.rows.includes(row));
    if (matter.length === 0) continue;
    const act = (what: string) => (contenders: readonly Contender[]) =>
      measureRow({ ...bench, options }, `ablation, ${row}, ${what}`, rows[row].load, contenders);
    const stocks = await Promise.all(matter.map(({ name, addition }: Ablation) => stockConfiguration(certificates, { name, addition })));
    const added = await started(lab, [await stockConfiguration(certificates), ...stocks], act('stock with'));
    const without = matter.map(({ name, addition }) => changed(weir, name, (text) => withoutLines(text, addition)));
    const removed = await started(lab, [weir, ...without], act('weir without'));
    measured.push({ row, added, removed });
  }
  return measured;
}
