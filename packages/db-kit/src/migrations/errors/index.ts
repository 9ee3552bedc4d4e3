export * from './file-errors.ts';
export * from './history-errors.ts';
export * from './lock-errors.ts';
export * from './run-errors.ts';
