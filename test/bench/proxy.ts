import { writeFile } from 'node:fs/promises';
import { arch, cpus, release, totalmem } from 'node:os';
import { asked } from './asked.ts';
import { originConfiguration } from './proxy/nginx.ts';
import { type ProxyOptions, parseProxyOptions, proxyUsage } from './proxy/options.ts';
import { prepare, withOrigin } from './proxy/origin.ts';
import { runProgram } from './proxy/program.ts';
import { ablationText, idleText, loadsText, toJson } from './proxy/report.ts';
import { configurations, type MeasuredIdle, runAblation, runIdle, runLoads } from './proxy/run.ts';

/** weir's rendering beside Debian's stock haproxy.cfg, nginx, and no proxy: prints its table itself, for it has more columns than a figure. */
export const benchProxy = asked(proxyUsage, parseProxyOptions, compare);

async function compare(options: ProxyOptions): Promise<void> {
  const certificates = await prepare();
  if (options.print) {
    const origin = originConfiguration(certificates, 1);
    for (const { name, text } of [...(await configurations({ certificates, options })), origin]) {
      process.stdout.write(`${'#'.repeat(20)} ${name}\n${text}\n`);
    }
    return;
  }
  const began = performance.now();
  const say = (line: string) => process.stderr.write(`  ${Math.round((performance.now() - began) / 1000)} s: ${line}\n`);
  await withOrigin(options.threads, certificates, async (lab) => {
    const version = async (words: readonly string[]) => {
      const { stdout, stderr } = await runProgram(lab.clients, words, {}, 10);
      return `${stdout}${stderr}`.split('\n')[0] as string;
    };
    const machine = [
      `${cpus().length} CPUs (${cpus()[0]?.model.trim()}), ${Math.round(totalmem() / 2 ** 30)} GB, Linux ${release()} ${arch()}`,
      `proxies: ${options.threads} thread${options.threads === 1 ? '' : 's'} each, on CPU ${lab.proxyCpus.join(',')}; clients, origin and log sink on CPU ${lab.otherCpus.join(',')}`,
      await version(['haproxy', '-v']),
      await version(['nginx', '-v']),
      await version(['openssl', 'version']),
      `${options.rounds} rounds in turns of ${options.seconds} s, half of it for each default; median (range)`,
    ];
    process.stdout.write(`${machine.join('\n')}\n\n`);
    const bench = { lab, certificates, options, say };
    const took: string[] = [];
    const timed = async <T>(part: string, act: () => Promise<T>): Promise<T> => {
      const start = performance.now();
      const result = await act();
      took.push(`${part} ${Math.round((performance.now() - start) / 1000)} s`);
      return result;
    };
    const loads = await timed('rows', () => runLoads(bench));
    process.stdout.write(loadsText(loads));
    const ablation = await timed('ablation', () => runAblation(bench));
    process.stdout.write(ablationText(ablation));
    // what was measured so far is kept, should the machine not bear so many connections
    const save = async (idle: readonly MeasuredIdle[]) => {
      if (options.json === null) return;
      await writeFile(options.json, `${JSON.stringify(toJson(machine, options, loads, idle, ablation), null, 1)}\n`);
    };
    await save([]);
    const idle = await timed('idle connections', () => runIdle(bench));
    process.stdout.write(idleText(idle));
    await save(idle);
    process.stdout.write(`it took: ${took.join(', ')}\n`);
  });
}
