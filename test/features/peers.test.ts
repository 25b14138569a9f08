import { peersProofs } from './peers.ts';
import { proveAll } from './prove.ts';

proveAll(peersProofs);
