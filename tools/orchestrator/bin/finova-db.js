#!/usr/bin/env node
// A checkout runs its TypeScript sources, so that nothing needs a build. What npm installs is compiled.
import { existsSync } from 'node:fs';

const fromSources = new URL('./main-from-sources.js', import.meta.url);
const entry = existsSync(fromSources) ? fromSources : new URL('../dist/cli/main.js', import.meta.url);

const { main } = await import(entry.href);
await main(process.argv);
