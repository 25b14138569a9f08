import { towardsServers } from './hops.ts';
import { ocsp } from './ocsp.ts';
import { proveAll } from './prove.ts';

proveAll([...towardsServers, ...ocsp]);
