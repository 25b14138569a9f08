import { huge } from './huge.ts';
import { proveAll } from './prove.ts';

proveAll(huge);
