import type { Document } from '../schema.ts';

type Backend = Document['backends'][string];

/** Whether a backend has a server of this name, its own or one of a template: `web3` of `web`. */
export function hasServer(backend: Pick<Backend, 'servers' | 'server-template'>, server: string): boolean {
  return Object.hasOwn(backend.servers, server) || isOfTemplate(backend, server);
}

/** Whether a template of a backend has a server of this name (configuration manual, 4.2 "server-template"). */
export function isOfTemplate({ 'server-template': templates }: Pick<Backend, 'server-template'>, server: string): boolean {
  const [, prefix = '', number = ''] = /^(.*?)([1-9][0-9]*)$/.exec(server) ?? [];
  return Object.hasOwn(templates, prefix) && Number(number) <= (templates[prefix]?.count ?? 0);
}
