import { join } from 'node:path';
import { describeMigrationContract, describeSchemaDump } from '@finova/db-kit/testing';

const folder = join(import.meta.dirname, '..');

describeMigrationContract(folder);
describeSchemaDump(folder);
