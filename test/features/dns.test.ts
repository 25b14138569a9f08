import { dnsProofs } from './dns.ts';
import { proveAll } from './prove.ts';

proveAll(dnsProofs);
