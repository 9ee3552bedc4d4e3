import { join } from 'node:path';
import { describeMigrationContract, describeSchemaDump } from '@finova/db-kit/testing';

const folder = join(import.meta.dirname, '..');
const sharedWith = [join(folder, '..', 'accounts-db')];

describeMigrationContract(folder, sharedWith);
describeSchemaDump(folder, sharedWith);
