import { programs } from './programs.ts';
import { proveAll } from './prove.ts';

proveAll(programs);
