import { agents } from './agents.ts';
import { proveAll } from './prove.ts';

proveAll(agents);
