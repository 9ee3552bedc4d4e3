export * from './errors/index.ts';
export { newId } from './ids.ts';
