import { join } from 'node:path';
import type { Host } from '../../appliance/host/host.ts';
import { linuxHost } from '../../appliance/host/linux.ts';
import { imageRoot } from './root.ts';

const libraries = ['usr/lib/x86_64-linux-gnu', 'lib/x86_64-linux-gnu'].map((folder) => join(imageRoot, folder)).join(':');

/** The image's HAProxy on this machine's own file system: by the image's loader, with the image's libraries. */
const haproxy = [join(imageRoot, 'lib64/ld-linux-x86-64.so.2'), '--library-path', libraries, join(imageRoot, 'usr/sbin/haproxy')].join(' ');

/** This machine as one that has the image's HAProxy. */
export function hostWithHaproxy(): Host {
  const host = linuxHost();
  return {
    ...host,
    during: (program, args, use, signal) =>
      host.during(
        program,
        args.map((arg) => arg.replace(/^haproxy -db/m, `${haproxy} -db`)),
        use,
        signal,
      ),
  };
}
