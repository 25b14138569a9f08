import { logs } from './logs.ts';
import { proveAll } from './prove.ts';

proveAll(logs);
