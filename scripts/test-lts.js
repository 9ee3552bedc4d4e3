// Runs the tests on the current LTS of Node.js, whatever Node.js runs this: npm has its binary as a package.
import { spawnSync } from 'node:child_process';

const LTS_VERSION = '24.21.0';

const platform = process.platform === 'win32' ? 'win' : process.platform;
const { status } = spawnSync(
  'npm',
  [
    'exec',
    '--yes',
    `--package=node-${platform}-${process.arch}@${LTS_VERSION}`,
    '--',
    'node',
    'node_modules/vitest/vitest.mjs',
    'run',
    ...process.argv.slice(2),
  ],
  { stdio: 'inherit' },
);
process.exitCode = status ?? 1;
