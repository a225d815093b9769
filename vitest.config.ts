import { defineConfig } from 'vitest/config';

const everywhere = (pattern: string): string[] => [
  `packages/*/test/**/${pattern}`,
  `packages/*/src/**/${pattern}`,
  `test/**/${pattern}`,
  `bench/**/${pattern}`,
];
const needsServices = ['**/*.it.test.ts', '**/*.ui.test.ts'];
const properties = ['**/properties/**', '**/*.property.test.ts'];
const never = ['**/node_modules/**', '**/.parallax/**', '**/target/**'];

/**
 * `unit`: pure and fast. `property`: random cases, pure. `integration`: on the real services, which are started once a run, and only
 * when integration tests are selected (`test/setup/services.ts`).
 */
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: everywhere('*.test.ts'),
          exclude: [...never, ...needsServices, ...properties],
          testTimeout: 20_000,
        },
      },
      {
        test: {
          name: 'property',
          include: [...everywhere('properties/**/*.test.ts'), ...everywhere('*.property.test.ts')],
          exclude: [...never, ...needsServices],
          testTimeout: 180_000,
        },
      },
      {
        test: {
          name: 'integration',
          include: everywhere('*.it.test.ts'),
          exclude: never,
          globalSetup: ['test/setup/services.ts'],
          // The services share two cores with the tests: one file at a time.
          fileParallelism: false,
          testTimeout: 300_000,
          hookTimeout: 300_000,
        },
      },
    ],
  },
});
