import { quote } from '../problem.ts';
import { text } from './scalar.ts';

/** Which of how many log lines, in HAProxy's notation (configuration manual, 4.2 "log"). */
export const logSample = () =>
  text(
    'a sample',
    /^[1-9][0-9]{0,8}(?:-[1-9][0-9]{0,8})?(?:,[1-9][0-9]{0,8}(?:-[1-9][0-9]{0,8})?)*:[1-9][0-9]{0,8}$/,
    'which of how many requests: "1:10" logs the first of every ten',
  ).check((context) => {
    if (context.issues.length > 0) return;
    const message = wrongSample(context.value);
    if (message !== null) context.issues.push({ code: 'custom', message, input: context.value });
  });

/** What is wrong with `ranges:size` (configuration manual, 4.2 "log"): ranges ascend, lie within the size and do not overlap. */
function wrongSample(value: string): string | null {
  const [ranges = '', size = ''] = value.split(':');
  const spans = ranges.split(',').map((range) => [Number(range.split('-')[0]), Number(range.split('-').at(-1))] as const);
  const sorted = spans.toSorted(([a], [b]) => a - b);
  if (spans.some(([low, high]) => low > high)) return `${quote(value)} has a range that ends before it begins`;
  const last = Math.max(...spans.map(([, high]) => high));
  if (last > Number(size)) return `${quote(value)} names request ${last} of ${size}`;
  if (sorted.some(([low], index) => low <= (sorted[index - 1]?.[1] ?? 0))) return `${quote(value)} names a request twice`;
  return null;
}
