import type { Figure } from './figure.ts';

/** A group with options of its own, which prints its table itself: `--help` prints `usage`; what `parse` refuses is said, and ends with exit code 2. */
export function asked<Options>(usage: string, parse: (args: readonly string[]) => Options, act: (options: Options) => Promise<void>) {
  return async (args: readonly string[]): Promise<readonly Figure[]> => {
    if (args.includes('--help')) {
      process.stdout.write(usage);
      return [];
    }
    let options: Options;
    try {
      options = parse(args);
    } catch (error) {
      process.stderr.write(`${(error as Error).message}\n`);
      process.exitCode = 2;
      return [];
    }
    await act(options);
    return [];
  };
}
