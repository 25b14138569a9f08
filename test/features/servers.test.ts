import { proveAll } from './prove.ts';
import { serverProofs } from './servers.ts';

proveAll(serverProofs);
