import { matching } from './matching.ts';
import { proveAll } from './prove.ts';

proveAll(matching);
