import { join } from 'node:path';
import { describeMigrationContract } from '@finova/db-kit/testing';

describeMigrationContract(join(import.meta.dirname, '..'), [join(import.meta.dirname, '..', '..', 'accounts-db')]);
