import { recordMigrations } from './src/lint/record-migrations.ts';
import { renderSql } from './src/plan/render-sql.ts';
import { openContext } from './src/run/open-context.ts';
import { processOutput } from './src/cli/output.ts';
import { writeFileSync, mkdirSync } from 'node:fs';
const ctx = await openContext({ output: processOutput, workingFolder: process.cwd(), signal: new AbortController().signal, options: { json: true, verbose: false, lockTimeoutMs: 10000 } }, []);
const t = performance.now();
const r = await recordMigrations(ctx, []);
console.log(performance.now() - t);
mkdirSync('/tmp/lint/sql', { recursive: true });
for (const [id, { up, down }] of r) {
  console.log(id, up.length, down.length);
  const f = id.replace('/', '__');
  if (up[0]?.engine === 'postgres') {
    writeFileSync(`/tmp/lint/sql/${f}.up.sql`, up.map((s) => s.engine === 'postgres' ? renderSql(s.sql, s.parameters) : '').join('\n\n'));
    writeFileSync(`/tmp/lint/sql/${f}.down.sql`, down.map((s) => s.engine === 'postgres' ? renderSql(s.sql, s.parameters) : '').join('\n\n'));
  } else for (const s of [...up, ...down]) if (s.engine === 'mongodb') console.log(s.direction, s.step, JSON.stringify(s.command, (_k, v) => typeof v === 'bigint' ? String(v) : v).slice(0, 150));
}
