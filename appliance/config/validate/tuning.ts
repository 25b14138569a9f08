import { suggestion } from '../nearest.ts';
import { type Problem, quote } from '../problem.ts';
import { type Context, problem } from './context.ts';

/** Checks that each link whose NICs have values of their own is a link of some node. */
export function checkTuning({ document, isWhole }: Context): readonly Problem[] {
  if (!isWhole('nodes')) return [];
  const links = [...new Set(Object.values(document.nodes).flatMap((node) => Object.keys(node.links)))];
  return Object.keys(document.tuning.links)
    .filter((name) => !links.includes(name))
    .map((name) => ({
      ...problem(['tuning', 'links', name], `no node has a link ${quote(name)}`, suggestion(name, links)),
      on: 'key' as const,
    }));
}
