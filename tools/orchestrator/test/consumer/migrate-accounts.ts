// What a service does that brings its database up to date before it starts. Compiled and run by tarballs.test.ts.
import { readDomain, readRunIdentity, withMigrator } from '@finova/db-kit/migrations';

const [url = ''] = process.argv.slice(2);
const domain = await readDomain(new URL('.', import.meta.resolve('@finova/accounts-db/database.json')));
const identity = await readRunIdentity(import.meta.dirname);
const applied = await withMigrator({ domain, url, identity, lockTimeoutMs: 10_000 }, (migrator) => migrator.up());
process.stdout.write(JSON.stringify(applied));
