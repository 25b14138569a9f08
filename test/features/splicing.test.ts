import { proveAll } from './prove.ts';
import { splicingProofs } from './splicing.ts';

proveAll(splicingProofs);
