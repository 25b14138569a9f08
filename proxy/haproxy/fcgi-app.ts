import type { FcgiApp } from '../model/fcgi-app.ts';
import { type Line, placed } from './line.ts';
import { targetLine } from './logging.ts';
import { line, name } from './quote.ts';

/** The section of a FastCGI application (configuration manual, 10.1.1). */
export function fcgiAppSection({ name: app, docroot, index, pathInfo, logStderr, passHeaders, params, options }: FcgiApp): readonly Line[] {
  const said = (keyword: string, value: string | null) => (value === null ? [] : placed([keyword], [line(keyword, value)]));
  return placed(
    ['fcgi-apps', app],
    [
      `fcgi-app ${name(app)}`,
      ...said('docroot', docroot),
      ...said('index', index),
      ...said('path-info', pathInfo),
      ...(logStderr === null
        ? []
        : placed(['log-stderr'], [logStderr === 'global' ? line('log-stderr', 'global') : targetLine('log-stderr', logStderr)])),
      ...passHeaders.flatMap((header, at) => placed(['pass-header', at], [line('pass-header', header)])),
      ...Object.entries(params).flatMap(([param, format]) => placed(['set-param', param], [line('set-param', param, format)])),
      ...Object.entries(options).flatMap(([option, value]) =>
        placed(
          ['option', option],
          [typeof value === 'number' ? line('option', option, value) : line(...(value ? [] : ['no']), 'option', option)],
        ),
      ),
    ],
  );
}
