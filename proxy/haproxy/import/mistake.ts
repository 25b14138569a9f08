import { readConfig } from './source.ts';

/** What the program that a configuration is for would not take, or what cannot be a configuration. */
export interface Mistake {
  readonly line: number;
  readonly message: string;
  readonly hint?: string;
}

/** Where a text holds what no text holds; null: nowhere. */
export function nulIn(text: string): Mistake | null {
  const at = text.indexOf('\0');
  return at < 0
    ? null
    : { line: text.slice(0, at).split('\n').length, message: 'there is a NUL character: this is no text', hint: 'is it the right file?' };
}

/** Mistakes for which a haproxy.cfg is none, whatever else stands in it. */
export function mistakesIn(text: string): readonly Mistake[] {
  const nul = nulIn(text);
  if (nul !== null) return [nul];
  const { sections, unread } = readConfig(text);
  if (sections.length === 0)
    return [{ line: 1, message: 'there is no section of HAProxy in it', hint: 'name the haproxy.cfg first, then the keepalived.conf' }];
  return unread.filter(({ isMistake }) => isMistake).map(({ line, reason }) => ({ line, message: reason }));
}
