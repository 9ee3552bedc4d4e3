import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { domainShape } from './rules/domain-shape.ts';
import { frozenMigrations, migrations } from './rules/migrations.ts';
import { foreignTables, ownership } from './rules/ownership.ts';
import { sharedEnvironment } from './rules/shared-environment.ts';
import { fileLength, noAny, suppressions } from './rules/source-text.ts';
import { deadCode, spelling } from './rules/tools.ts';

const WORKSPACE = join(import.meta.dirname, '..', '..');

const RULES = [
  domainShape,
  migrations,
  frozenMigrations,
  ownership,
  foreignTables,
  suppressions,
  noAny,
  fileLength,
  sharedEnvironment,
  deadCode,
  spelling,
];

describe('the workspace', () => {
  it.each(RULES)('holds that $name', async (rule) => {
    const findings = await rule.check(WORKSPACE);
    expect(findings.map(({ file, problem, instead }) => `${file}: ${problem}; ${instead}`)).toEqual([]);
  });
});
