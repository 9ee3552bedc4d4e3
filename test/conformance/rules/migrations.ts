import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  InvalidMigrationFileError,
  isMigrationIdsFileCurrent,
  listMigrationFiles,
  loadMigration,
  readDomain,
} from '@finova/db-kit/migrations';
import type { Finding, Rule } from '../finding.ts';
import { listDomainFolders, listFiles, withoutComments } from '../workspace-files.ts';

/** Migrations are well named and well formed, known to `requires`, and tested. */
export const migrations: Rule = {
  name: 'every migration is named, formed and tested as it should be',
  async check(workspace) {
    const findings: Finding[] = [];
    for (const folder of await listDomainFolders(workspace)) {
      const domain = await readDomain(join(workspace, folder));
      try {
        for (const file of await listMigrationFiles(domain)) {
          await loadMigration(domain, file);
        }
      } catch (thrown) {
        if (!(thrown instanceof InvalidMigrationFileError)) {
          throw thrown;
        }
        findings.push({
          file: `${folder}/migrations/${thrown.file}`,
          problem: thrown.message,
          instead: thrown.next ?? '',
        });
        continue;
      }
      if (!(await isMigrationIdsFileCurrent(domain))) {
        findings.push({
          file: `${folder}/migrations/ids.d.ts`,
          problem: 'it does not list the migrations as they are',
          instead: 'run npm run db -- new',
        });
      }
      findings.push(...(await checkTest(workspace, folder)));
    }
    return findings;
  },
};

/** The contract takes every migration of the folder up, down and up again: one call tests all of them. */
async function checkTest(workspace: string, folder: string): Promise<Finding[]> {
  const file = `${folder}/test/migrations.test.ts`;
  const text = existsSync(join(workspace, file)) ? await readFile(join(workspace, file), 'utf8') : '';
  return /^describeMigrationContract\(/m.test(text)
    ? []
    : [{ file, problem: 'no migration of this domain is tested', instead: 'call describeMigrationContract' }];
}

/** A migration is frozen history: it must not change with the code around it. */
export const frozenMigrations: Rule = {
  name: 'migrations import drivers, builders and what is frozen beside them',
  async check(workspace) {
    const findings: Finding[] = [];
    for (const file of await listFiles(workspace, /^packages\/[^/]+\/migrations\/.*(?<!\.d)\.ts$/)) {
      const text = withoutComments(await file.text());
      for (const [, isType, from = ''] of text.matchAll(/^import (type )?[^;]*? from '([^']+)';/gm)) {
        const isAllowed =
          /^(kysely|mongodb|node:.*)$/.test(from) || /^\.\/(?!.*\.\.)/.test(from) || isType !== undefined;
        if (!isAllowed) {
          findings.push({
            file: file.path,
            problem: `it imports ${from}, which changes`,
            instead: 'copy what it needs into migrations/frozen/',
          });
        }
      }
    }
    return findings;
  },
};
