import { defineConfig } from '@playwright/test';

/** Tests of one stack, which they share with each other: one after the other. BOURSE_WEB_TRACE=1 keeps a trace of each, which
 * makes them slower. */
export default defineConfig({
  testDir: '.',
  testMatch: '*.spec.ts',
  workers: 1,
  timeout: 120_000,
  expect: { timeout: 15_000 },
  reporter: [['list']],
  outputDir: process.env['BOURSE_RUN_DIR'] ? `${process.env['BOURSE_RUN_DIR']}/web-tests` : 'results',
  use: {
    baseURL: process.env['BOURSE_URL'],
    ignoreHTTPSErrors: true,
    locale: 'en-GB',
    timezoneId: 'UTC',
    viewport: { width: 1440, height: 900 },
    actionTimeout: 20_000,
    trace: process.env['BOURSE_WEB_TRACE'] ? 'on' : 'off',
    launchOptions: {
      executablePath: '/usr/bin/chromium',
      // The last: ignoreHTTPSErrors is not asked about a worker's script.
      args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', '--ignore-certificate-errors'],
    },
  },
});
