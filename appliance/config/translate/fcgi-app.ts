import type { FcgiApp } from '../../../proxy/model/fcgi-app.ts';
import type { Document } from '../schema.ts';
import { present } from './frontend.ts';
import { translateTarget } from './logging.ts';

/** A FastCGI application in long form. */
export function translateFcgiApp(name: string, input: Document['fcgi-apps'][string]): FcgiApp {
  const {
    docroot,
    index = null,
    'path-info': pathInfo = null,
    'log-stderr': stderr,
    'pass-header': passHeaders,
    'set-param': params,
  } = input;
  return {
    name,
    docroot,
    index,
    pathInfo,
    logStderr: stderr === undefined ? null : stderr === true ? 'global' : translateTarget(stderr),
    passHeaders,
    params,
    options: present(input.option),
  };
}
