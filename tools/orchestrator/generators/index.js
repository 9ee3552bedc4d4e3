// @ts-check
// What Nx calls. A checkout runs the TypeScript sources; what npm installs is compiled.
import { existsSync } from 'node:fs';

/** @returns {Promise<typeof import('../src/generators/index.ts')>} */
async function load() {
  const sources = new URL('../bin/register-sources.js', import.meta.url);
  if (existsSync(sources)) {
    await import(sources.href);
    return import(new URL('../src/generators/index.ts', import.meta.url).href);
  }
  return import(new URL('../dist/generators/index.js', import.meta.url).href);
}

/** @type {import('../src/generators/index.ts').generateDomain} */
export const domain = async (tree, options) => (await load()).generateDomain(tree, options);

/** @type {import('../src/generators/index.ts').generateMigration} */
export const migration = async (tree, options) => (await load()).generateMigration(tree, options);

/** @type {import('../src/generators/index.ts').generateTable} */
export const table = async (tree, options) => (await load()).generateTable(tree, options);

/** @type {import('../src/generators/index.ts').generateCollection} */
export const collection = async (tree, options) => (await load()).generateCollection(tree, options);
