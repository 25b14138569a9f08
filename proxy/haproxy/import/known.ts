import { readStores } from './certificate.ts';
import type { Ledger } from './ledger.ts';
import { isOwnLog, readLog } from './log.ts';
import { isOwnResolvers } from './named.ts';
import { type Known, socketsOf } from './names.ts';
import type { Section } from './source.ts';
import { readErrorFiles } from './store.ts';

/** What the whole configuration says of its names and files. */
export function knownOf(sections: readonly Section[], tables: Known['tables'], account: Ledger, fileText: Known['fileText']): Known {
  const lines = (keyword: string, word: string) =>
    sections.flatMap((section) => (section.keyword === keyword ? section.directives.filter(({ words }) => words[0] === word) : []));
  const addresses = ['frontend', 'listen'].flatMap((keyword) => lines(keyword, 'bind').flatMap(({ words }) => (words[1] ?? '').split(',')));
  const base = (word: string) => lines('global', word).at(-1)?.words[1] ?? '';
  return {
    tables,
    binds: socketsOf(addresses),
    stored: readStores(sections, account),
    errorFiles: readErrorFiles(sections, account),
    ownResolvers: new Set(sections.flatMap((section) => (isOwnResolvers(section) ? [section.name] : []))),
    bases: { ca: base('ca-base'), crt: base('crt-base') },
    globalLogs: lines('global', 'log').flatMap(({ words: [, ...words] }) => {
      const log = isOwnLog(words[0]) ? 'own' : readLog(words);
      return typeof log === 'string' ? [] : [log];
    }),
    verifiesServers: lines('global', 'ssl-server-verify').at(-1)?.words[1] !== 'none',
    fileText,
  };
}
