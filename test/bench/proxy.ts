import { writeFile } from 'node:fs/promises';
import { arch, cpus, release, totalmem } from 'node:os';
import { execa } from 'execa';
import { requireImageRoot } from '../support/root.ts';
import type { Figure } from './figure.ts';
import { needs } from './needs.ts';
import { makeCertificates } from './proxy/certificates.ts';
import { startLab } from './proxy/lab.ts';
import { originConfiguration } from './proxy/nginx.ts';
import { type ProxyOptions, parseProxyOptions, proxyUsage } from './proxy/options.ts';
import { runProgram, startProgram } from './proxy/program.ts';
import { ablationText, idleText, loadsText, toJson } from './proxy/report.ts';
import { configurations, type MeasuredIdle, runAblation, runIdle, runLoads } from './proxy/run.ts';

/** weir's rendering beside Debian's stock haproxy.cfg, nginx, and no proxy: prints its table itself, for it has more columns than a figure. */
export async function benchProxy(args: readonly string[]): Promise<readonly Figure[]> {
  if (args.includes('--help')) {
    process.stdout.write(proxyUsage);
    return [];
  }
  const options = parsed(args);
  if (options !== null) await compare(options);
  return [];
}

function parsed(args: readonly string[]): ProxyOptions | null {
  try {
    return parseProxyOptions(args);
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n`);
    process.exitCode = 2;
    return null;
  }
}

async function compare(options: ProxyOptions): Promise<void> {
  needs('build/root');
  await execa('image/bench', { stdio: ['ignore', 'inherit', 'inherit'] });
  requireImageRoot();
  const certificates = await makeCertificates();
  if (options.print) {
    const origin = originConfiguration(certificates, 1);
    for (const { name, text } of [...(await configurations({ certificates, options })), origin]) {
      process.stdout.write(`${'#'.repeat(20)} ${name}\n${text}\n`);
    }
    return;
  }
  const began = performance.now();
  const say = (line: string) => process.stderr.write(`  ${Math.round((performance.now() - began) / 1000)} s: ${line}\n`);
  const lab = await startLab(options.threads);
  try {
    const { argv, files } = originConfiguration(certificates, lab.otherCpus.length);
    const origin = await startProgram(lab.origin, argv, files);
    try {
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
    } finally {
      await origin.stop();
    }
  } finally {
    await lab.stop();
  }
}
