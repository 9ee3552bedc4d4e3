import type { MongoServerError } from 'mongodb';

/** Server error codes that this project acts on (MongoDB manual, "Error Codes"). */
export const MongoErrorCode = {
  unauthorized: 13,
  authenticationFailed: 18,
  namespaceNotFound: 26,
  namespaceExists: 48,
  commandNotFound: 59,
  writeConflict: 112,
  documentValidationFailure: 121,
  duplicateKey: 11_000,
} as const;

export type MongoErrorCode = (typeof MongoErrorCode)[keyof typeof MongoErrorCode];

/**
 * Whether the server refused a command with one of these codes.
 *
 * @example
 * if (isMongoError(thrown, [MongoErrorCode.duplicateKey])) …
 */
export function isMongoError(thrown: unknown, codes: readonly MongoErrorCode[]): thrown is MongoServerError {
  return isMongoServerError(thrown) && codes.some((code) => code === thrown.code);
}

/**
 * Whether a MongoDB server refused a command. Told by what the error is like and not by its class, so that a process
 * that only talks to PostgreSQL does not load the driver.
 */
export function isMongoServerError(thrown: unknown): thrown is MongoServerError {
  return thrown instanceof Error && /^Mongo(?:Server|BulkWrite|WriteConcern)Error$/.test(thrown.name);
}
