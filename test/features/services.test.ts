import { proveAll } from './prove.ts';
import { services } from './services.ts';

proveAll(services);
