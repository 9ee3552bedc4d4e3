export { findTypeDifferences } from './table-types.ts';
