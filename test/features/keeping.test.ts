import { keeping } from './keeping.ts';
import { proveAll } from './prove.ts';

proveAll(keeping);
