#!/usr/bin/env node
// Runs the command from its TypeScript sources, so that nothing needs a build in a checkout.
import { register } from 'node:module';
import { register as registerTypeScript } from 'tsx/esm/api';

registerTypeScript();
register('./source-condition-hooks.js', import.meta.url);

const { main } = await import('../src/cli/main.ts');
await main(process.argv);
