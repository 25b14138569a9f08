import { balance } from './balance.ts';
import { proveAll } from './prove.ts';

proveAll(balance);
