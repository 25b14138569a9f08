import { failure } from './failure.ts';
import { proveAll } from './prove.ts';

proveAll(failure);
