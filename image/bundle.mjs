// Bundles weir into one file, build/weir.mjs: what the image ships and what `npx weir` runs.
import { chmod, readFile } from 'node:fs/promises';
import { build } from 'esbuild';

const { version } = JSON.parse(await readFile('package.json', 'utf8'));
await build({
  entryPoints: ['appliance/main.ts'],
  outfile: 'build/weir.mjs',
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node20.19',
  // names as they are written: a program without them is no faster, and what gives them back to each function takes 10 MB and a tenth of the time
  minifyWhitespace: true,
  minifySyntax: true,
  sourcemap: false,
  legalComments: 'external',
  logLevel: 'warning',
  define: { WEIR_VERSION: JSON.stringify(version), 'process.env.NODE_ENV': '"production"' },
  banner: {
    js: "#!/usr/bin/env node\nimport { createRequire as __weirRequire } from 'node:module'; const require = __weirRequire(import.meta.url);",
  },
});
await chmod('build/weir.mjs', 0o755);
