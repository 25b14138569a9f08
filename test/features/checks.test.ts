import { checks } from './checks.ts';
import { proveAll } from './prove.ts';

proveAll(checks);
