import type { Problem } from '../problem.ts';
import { type At, type Context, problem } from './context.ts';

type Alert = Context['document']['defaults']['email-alert'];

/** What a mail needs; HAProxy sends none without. */
const NEEDED = ['mailers', 'from', 'to'] as const;

/** Checks that mail which shall be sent can be: with what defaults say, each alert has its mail servers, a sender and a recipient. */
export function checkMail({ document: { backends, defaults } }: Context): readonly Problem[] {
  const common = defaults['email-alert'];
  return [
    ...checkAlert(common, {}, ['defaults']),
    ...Object.entries(backends).flatMap(([name, backend]) => checkAlert(backend['email-alert'], common ?? {}, ['backends', name])),
  ];
}

function checkAlert(alert: Alert, common: NonNullable<Alert>, at: At): readonly Problem[] {
  if (alert === undefined) return [];
  const missing = NEEDED.filter((key) => alert[key] === undefined && common[key] === undefined);
  if (missing.length === 0) return [];
  const hint = 'write mailers:, from: and to:, here or in the email-alert of defaults';
  return [{ ...problem([...at, 'email-alert'], `email-alert lacks ${missing.join(' and ')}`, hint), on: 'key' }];
}
