import { nextWorker } from './next-worker.ts';
import { proveAll } from './prove.ts';

proveAll(nextWorker);
