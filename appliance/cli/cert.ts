import { suggestion } from '../config/nearest.ts';
import { refuseWith } from './answer.ts';
import { importCertificate } from './cert/import.ts';
import { installCertificate } from './cert/install.ts';
import { listCertificates } from './cert/list.ts';
import { reloadCertificates } from './cert/reload.ts';
import { forgetRequest, requestCertificate } from './cert/request.ts';
import { changeOptions } from './change.ts';
import type { Arguments, Command } from './command.ts';
import { jsonOption } from './command.ts';
import type { ExitCode, Io } from './io.ts';

/** A verb of `weir cert`, and the options that it takes beside `--json`. */
interface Verb {
  readonly run: (args: Arguments, io: Io) => Promise<ExitCode> | ExitCode;
  readonly takes: readonly string[];
}

const verbs: Readonly<Record<string, Verb>> = {
  list: { run: listCertificates, takes: [] },
  request: { run: requestCertificate, takes: ['san', 'rsa', 'subject', 'replace'] },
  forget: { run: forgetRequest, takes: [] },
  install: { run: installCertificate, takes: ['confirm', 'yes'] },
  import: { run: importCertificate, takes: ['name', 'out', 'confirm', 'yes'] },
  reload: { run: reloadCertificates, takes: ['confirm', 'yes'] },
};

/** `weir cert`: the certificates of this machine, from the request to the end. */
export const cert: Command = {
  name: 'cert',
  argument: {
    name: '<what...>',
    description: 'list; request NAME; forget NAME (a request); install NAME FILE; import FILE.pfx; reload [NAME]',
  },
  summary: 'list certificates, request one with a key made here, install its answer, import a PFX file, take up replaced files',
  options: [
    { flags: '--san <names>', description: 'request: host names and addresses, with commas; none: those of the document' },
    { flags: '--rsa <bits>', description: 'request: an RSA key of 2048 to 4096 bits instead of EC P-256' },
    { flags: '--subject <fields>', description: 'request: "C=FR,O=Example,CN=shop.example"; none: the first name' },
    { flags: '--replace', description: 'request: forget the request of this name that waits, and its key' },
    { flags: '--name <name>', description: "import: the certificate's name in the document; none: that of the file" },
    { flags: '--out <file>', description: 'import: write the PEM to this file instead, on any machine' },
    ...changeOptions,
    jsonOption,
  ],
  example: [
    'weir cert list',
    'weir cert request shop --san shop.example,www.shop.example > shop.csr',
    'weir cert install shop answer.pem',
    'weir cert import shop.pfx --name shop < password',
    'weir cert reload shop      # after its file in /data/weir/certificates was replaced',
  ].join('\n'),
  run: async (args, io) => {
    const [name = '', ...positional] = args.positional;
    const verb = Object.hasOwn(verbs, name) ? verbs[name] : undefined;
    if (verb === undefined)
      return refuseWith(
        args,
        io,
        `there is no "weir cert ${name}"`,
        suggestion(name, Object.keys(verbs)) ?? `say one of: ${Object.keys(verbs).join(', ')}`,
      );
    const foreign = Object.keys(args.options).filter((option) => option !== 'json' && !verb.takes.includes(option));
    if (foreign.length > 0) return refuseWith(args, io, `weir cert ${name} takes no --${foreign.join(', --')}`, '(see weir cert --help)');
    return verb.run({ ...args, positional }, io);
  },
};
