import type { Words } from '../model/bind.ts';
import type { Mailers } from '../model/mailers.ts';
import { addressText } from './address.ts';
import { type Line, placed } from './line.ts';
import { line, name } from './quote.ts';

/** A section of mail servers (configuration manual, 3.6 "Mailers"). */
export function mailersSection({ name: section, mailers, timeout }: Mailers): readonly Line[] {
  return placed(
    ['mailers', section],
    [
      `mailers ${name(section)}`,
      ...(timeout === null ? [] : [line('timeout', 'mail', timeout)]),
      ...mailers.flatMap((mailer) => placed(['mailer', mailer.name], [line('mailer', name(mailer.name), addressText(mailer))])),
    ],
  );
}

/** When mail is sent, and to whom (configuration manual, 4.2 "email-alert"). */
export function emailAlertLines(alert: Words): readonly Line[] {
  return placed(
    ['email-alert'],
    Object.entries(alert).map(([key, value]) => line('email-alert', key, String(value))),
  );
}
