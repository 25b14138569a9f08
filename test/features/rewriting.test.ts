import { proveAll } from './prove.ts';
import { rewriting } from './rewriting.ts';

proveAll(rewriting);
