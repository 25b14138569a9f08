import { http3 } from './http3.ts';
import { proveAll } from './prove.ts';

proveAll(http3);
