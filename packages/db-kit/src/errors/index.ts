export * from './connection-errors.ts';
export * from './finova-error.ts';
export { messageWithoutValues } from './message-without-values.ts';
export * from './mongo-errors.ts';
export * from './postgres-errors.ts';
