import { proveAll } from './prove.ts';
import { negotiated, tls } from './tls.ts';

proveAll([...tls, ...negotiated]);
