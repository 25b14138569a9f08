import { defineConfig } from 'vitest/config';

/** Three kinds of test: pure ones, those on the image's root as a container, those on the booted image (test/run chooses). */
export default defineConfig({
  // not in node_modules, which npm could not remove after a run as root
  cacheDir: 'build/vite',
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          testTimeout: 30_000,
          include: ['test/**/*.test.ts'],
          exclude: ['test/units/**', 'test/image/**', 'test/e2e/**', 'test/features/**'],
        },
      },
      {
        test: {
          name: 'container',
          include: ['test/units/**/*.test.ts', 'test/e2e/**/*.test.ts', 'test/features/**/*.test.ts'],
          testTimeout: 120_000,
          hookTimeout: 180_000,
          fileParallelism: false,
        },
      },
      { test: { name: 'image', include: ['test/image/**/*.test.ts'], testTimeout: 600_000, hookTimeout: 600_000, fileParallelism: false } },
    ],
  },
});
