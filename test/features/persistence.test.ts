import { persistence } from './persistence.ts';
import { proveAll } from './prove.ts';

proveAll(persistence);
