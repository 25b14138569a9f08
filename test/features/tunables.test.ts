import { proveAll } from './prove.ts';
import { tunables } from './tunables.ts';

proveAll(tunables);
