import { proveAll } from './prove.ts';
import { running } from './running.ts';

proveAll(running);
