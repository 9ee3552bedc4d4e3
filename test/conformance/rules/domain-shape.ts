import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { InvalidDomainManifestError, readDomain } from '@finova/db-kit/migrations';
import type { Finding, Rule } from '../finding.ts';
import { listDomainFolders } from '../workspace-files.ts';

/** What whoever knows one domain expects to find in every other. */
const EXPECTED: readonly (readonly [path: string, instead: string])[] = [
  ['README.md', 'write what it holds, its invariants and one example'],
  ['src/index.ts', 'export the public API there, and nothing else'],
  ['src/schema/index.ts', 'put one table or collection per file into src/schema'],
  ['src/seed/index.ts', 'export a DomainSeed named seed'],
  ['migrations/ids.d.ts', 'run npm run db -- new'],
  ['test/migrations.test.ts', 'call describeMigrationContract there'],
  ['test/live-types.test.ts', 'compare the types with the migrated database there'],
  ['test/readme.test.ts', "run the README's example there"],
];

interface PackageManifest {
  readonly name?: string;
  readonly description?: string;
  readonly license?: string;
  readonly type?: string;
  readonly exports?: Readonly<Record<string, unknown>>;
  readonly dependencies?: Readonly<Record<string, string>>;
}

/** Every domain package has the shape of its neighbours. */
export const domainShape: Rule = {
  name: 'every domain has the shape of its neighbours',
  async check(workspace) {
    const findings: Finding[] = [];
    for (const folder of await listDomainFolders(workspace)) {
      for (const [path, instead] of EXPECTED) {
        if (!existsSync(join(workspace, folder, path))) {
          findings.push({ file: `${folder}/${path}`, problem: 'it is missing', instead });
        }
      }
      findings.push(...(await checkManifests(workspace, folder)));
    }
    return findings;
  },
};

async function checkManifests(workspace: string, folder: string): Promise<Finding[]> {
  const findings: Finding[] = [];
  const report = (file: string, problem: string, instead: string) =>
    findings.push({ file: `${folder}/${file}`, problem, instead });
  try {
    await readDomain(join(workspace, folder));
  } catch (thrown) {
    if (!(thrown instanceof InvalidDomainManifestError)) {
      throw thrown;
    }
    report('database.json', thrown.message, thrown.next ?? '');
  }
  const manifest = JSON.parse(await readFile(join(workspace, folder, 'package.json'), 'utf8')) as PackageManifest;
  const name = basename(folder);
  if (!name.endsWith('-db')) {
    report('package.json', `the folder is named ${name}`, `rename it to ${name}-db`);
  }
  if (manifest.name !== `@finova/${name}`) {
    report('package.json', `it is named ${manifest.name}`, `name it @finova/${name}`);
  }
  if (manifest.type !== 'module' || !manifest.description || !manifest.license) {
    report('package.json', 'type, description or license is missing', 'write them as the other domains do');
  }
  for (const entry of ['.', './seed']) {
    if (manifest.exports?.[entry] === undefined) {
      report('package.json', `it does not export ${entry}`, 'export it as the other domains do');
    }
  }
  for (const [dependency, version] of Object.entries(manifest.dependencies ?? {})) {
    if (!/^\d+\.\d+\.\d+/.test(version)) {
      report('package.json', `${dependency} is ${version}`, 'write an exact version');
    }
  }
  return findings;
}
