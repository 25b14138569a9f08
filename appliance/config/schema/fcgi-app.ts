import { z } from 'zod';
import { target } from './logging.ts';
import { headerName, logFormat } from './rule.ts';
import { advise, integer, name, text } from './scalar.ts';
import { regex } from './verb.ts';

const path = (what: string) => text(what, /^\S{1,1000}$/, 'a path without spaces');

/** FastCGI applications by name (configuration manual, 10.1). */
export const fcgiApps = z
  .record(
    name(),
    z.strictObject({
      docroot: path('a path').describe('The folder of the scripts, on the machine of the application.'),
      index: path('the name of a script').optional().describe('The script that a path with a slash at its end means: index.php.'),
      'path-info': regex()
        .optional()
        .describe(
          'A regular expression that takes a path apart: its first group is the script, its second what the script is told beside it.',
        ),
      'log-stderr': z
        .union([z.literal(true), target])
        .optional()
        .describe("What the application writes to its standard error is logged: true for the machine's own log, or where to."),
      'pass-header': z.array(headerName()).default([]).describe('Headers that are passed on beside the usual ones, such as Authorization.'),
      'set-param': z
        .record(text('a parameter', /^[A-Za-z_][A-Za-z0-9_]{0,127}$/), logFormat())
        .default({})
        .describe('Parameters in the place of the usual ones or beside them, log-format values; one that is empty is not sent.'),
      option: z
        .strictObject({
          'get-values': z.boolean().optional().describe('The application is asked first what it can do at a time.'),
          'keep-conn': z.boolean().optional().describe('Connections are kept after an answer; true unless given.'),
          'max-reqs': integer(1, 65535).optional().describe('Requests at a time on a connection; 1 unless given.'),
          'mpxs-conns': z.boolean().optional().describe('Requests share a connection.'),
        })
        .check((context) => {
          const { 'max-reqs': most, 'mpxs-conns': isShared } = context.value;
          if (most === undefined || most === 1 || isShared === true) return;
          const message = advise('max-reqs needs mpxs-conns', 'without it a connection has one request at a time');
          context.issues.push({ code: 'custom', message, path: ['max-reqs'], input: context.value });
        })
        .default({})
        .describe("HAProxy's options of connections to the application."),
    }),
  )
  .default({})
  .describe('FastCGI applications by name, for use-fcgi-app.');
