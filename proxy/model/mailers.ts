import type { Duration } from '../model.ts';

/** Mail servers that get every alert (configuration manual, 3.6). */
export interface Mailers {
  readonly name: string;
  readonly mailers: readonly { readonly name: string; readonly address: string; readonly port: number }[];
  readonly timeout: Duration | null;
}
