import { DatabaseError } from 'pg';

/** SQLSTATE codes that this project acts on (PostgreSQL documentation, appendix A). */
export const SqlState = {
  uniqueViolation: '23505',
  checkViolation: '23514',
  foreignKeyViolation: '23503',
  exclusionViolation: '23P01',
  notNullViolation: '23502',
  serializationFailure: '40001',
  deadlockDetected: '40P01',
  lockNotAvailable: '55P03',
  queryCanceled: '57014',
  undefinedTable: '42P01',
  invalidPassword: '28P01',
  invalidAuthorization: '28000',
  invalidCatalogName: '3D000',
  insufficientPrivilege: '42501',
  numericValueOutOfRange: '22003',
} as const;

export type SqlState = (typeof SqlState)[keyof typeof SqlState];

/**
 * Whether the server refused a statement with one of these SQLSTATE codes, and for one of these constraints when any
 * are named.
 *
 * @example
 * if (isPostgresError(thrown, [SqlState.uniqueViolation], ['accounts_iban_unique'])) …
 */
export function isPostgresError(
  thrown: unknown,
  codes: readonly SqlState[],
  constraints: readonly string[] = [],
): thrown is DatabaseError {
  return (
    thrown instanceof DatabaseError &&
    codes.some((code) => code === thrown.code) &&
    (constraints.length === 0 || constraints.includes(thrown.constraint ?? ''))
  );
}
