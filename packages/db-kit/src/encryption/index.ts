export * from './encryption-errors.ts';
export { FieldEncryption, type RecordCipher, type RecordIdentity } from './field-encryption.ts';
export type { KeyProvider } from './key-provider.ts';
export { createLocalKeyFile, openLocalKeyFile } from './local-key-file.ts';
