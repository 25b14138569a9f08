// node test/counts.mjs RESULT.json: prints how many tests passed and failed, as `N passed, N failed`. A file that could not even be read counts as one failure.
import { readFileSync } from 'node:fs';

const result = JSON.parse(readFileSync(process.argv[2], 'utf8'));
const broken = result.testResults.filter((file) => file.status === 'failed' && file.assertionResults.length === 0).length;
console.log(`${result.numPassedTests} passed, ${result.numFailedTests + broken} failed`);
