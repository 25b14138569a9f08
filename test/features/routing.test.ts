import { proveAll } from './prove.ts';
import { routing } from './routing.ts';

proveAll(routing);
