import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type GeneratorCallback, logger, type Tree } from '@nx/devkit';
import type { TreeDomain } from './tree-domains.ts';

/**
 * What is done once the files are there: a new package is linked, the linter brings them into their form, the README
 * gets the example that runs, and the dump of what the migrations make is written.
 */
export function finishGenerating(tree: Tree, { name, root }: Pick<TreeDomain, 'name' | 'root'>): GeneratorCallback {
  return () => {
    const run = (program: string, ...args: readonly string[]) =>
      execFileSync(join(tree.root, 'node_modules', '.bin', program), [...args], { cwd: tree.root, stdio: 'inherit' });
    linkPackage(tree.root, name);
    run('biome', 'check', '--write', root);
    showExample(join(tree.root, root));
    try {
      run('finova-db', 'dump', name);
    } catch {
      // It has said why; without servers, everything else is still of use.
      logger.warn(`No dump was written; run npm run db -- dump ${name}`);
    }
  };
}

/** As `npm install` would; the lock file has it already. */
function linkPackage(workspaceRoot: string, name: string): void {
  const link = join(workspaceRoot, 'node_modules', '@finova', name);
  if (!existsSync(link)) {
    mkdirSync(dirname(link), { recursive: true });
    symlinkSync(join('..', '..', 'packages', name), link);
  }
}

function showExample(folder: string): void {
  const readme = join(folder, 'README.md');
  const example = readFileSync(join(folder, 'test', 'readme-example.ts'), 'utf8');
  writeFileSync(
    readme,
    readFileSync(readme, 'utf8').replace('```ts\n```', () => `\`\`\`ts\n${example}\`\`\``),
  );
}
