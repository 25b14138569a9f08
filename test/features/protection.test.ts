import { protection } from './protection.ts';
import { proveAll } from './prove.ts';

proveAll(protection);
