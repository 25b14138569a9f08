import { listening } from './listening.ts';
import { proveAll } from './prove.ts';

proveAll(listening);
