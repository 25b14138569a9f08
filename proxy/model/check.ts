import type { Duration } from '../model.ts';

/** A health check. */
export type Check =
  | { readonly kind: 'tcp'; readonly inter: Duration; readonly fall: number; readonly rise: number; readonly port: number | null }
  | {
      readonly kind: 'http';
      readonly method: string;
      readonly path: string;
      readonly host: string | null;
      readonly headers: Readonly<Record<string, string>>;
      /** Status codes or ranges accepted, e.g. `200`, `200-399`; null: 2xx and 3xx. */
      readonly expectStatus: string | null;
      readonly inter: Duration;
      readonly fall: number;
      readonly rise: number;
      readonly port: number | null;
    };
