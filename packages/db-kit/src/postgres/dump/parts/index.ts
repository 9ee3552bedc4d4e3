import type { DumpPart } from '../dump-part.ts';
import { CHECKS, FOREIGN_KEYS, KEYS } from './constraints.ts';
import { DEFAULT_PRIVILEGES, DEFAULT_PRIVILEGES_OF_OWNER } from './default-privileges.ts';
import { DEFAULTS, FUNCTIONS } from './functions.ts';
import { GRANTS_ELSEWHERE } from './grants-elsewhere.ts';
import { INDEXES, OPTIONS_OF_KEYS } from './indexes.ts';
import { POLICIES, ROW_SECURITY } from './row-security.ts';
import { EXTENSIONS, SCHEMA } from './schema.ts';
import { SEQUENCES } from './sequences.ts';
import { REPLICA_IDENTITIES, TABLES } from './tables.ts';
import { RULES, TRIGGERS } from './triggers.ts';
import { COMPOSITE_TYPES, DOMAIN_CONSTRAINTS, DOMAINS, ENUMS, RANGES } from './types.ts';
import { STATISTICS, VIEWS } from './views.ts';

/**
 * Everything that a dump is made of; the order is that of the sections, not of these.
 *
 * Expressions are asked for in their pretty form: only there is `(a AND b) AND c`, which PostgreSQL makes of a row
 * comparison, the same text as the `a AND b AND c` that becomes of it when it is read again.
 */
export const DUMP_PARTS: readonly DumpPart[] = [
  SCHEMA,
  EXTENSIONS,
  ENUMS,
  DOMAINS,
  COMPOSITE_TYPES,
  RANGES,
  SEQUENCES,
  TABLES,
  DOMAIN_CONSTRAINTS,
  CHECKS,
  KEYS,
  INDEXES,
  OPTIONS_OF_KEYS,
  FOREIGN_KEYS,
  REPLICA_IDENTITIES,
  FUNCTIONS,
  DEFAULTS,
  VIEWS,
  STATISTICS,
  TRIGGERS,
  RULES,
  ROW_SECURITY,
  POLICIES,
  DEFAULT_PRIVILEGES,
  DEFAULT_PRIVILEGES_OF_OWNER,
  GRANTS_ELSEWHERE,
];
