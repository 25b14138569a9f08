/** What may stand behind a percent sign of a log format: another one, flags and a name, and a sample in brackets or an alias (configuration manual, 8.2.6). */
export const FORMAT_PART =
  /%(?:%|(?:\([^)]*\))?(?:\{[^}]*\})?(?:\[(?<sample>(?:[^\](]|\((?:'[^']*'|"[^"]*"|[^)'"])*\))*)\]|(?<alias>[A-Za-z]+)|(?<other>)))/g;

/** A log format with its samples changed. */
export function changeSamples(format: string, change: (sample: string) => string): string {
  return format.replace(FORMAT_PART, (part, ...rest) => {
    const { sample } = rest.at(-1) as { readonly sample?: string };
    return sample === undefined ? part : part.replace(`[${sample}]`, () => `[${change(sample)}]`);
  });
}
