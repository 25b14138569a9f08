import { answers } from './answers.ts';
import { proveAll } from './prove.ts';

proveAll(answers);
