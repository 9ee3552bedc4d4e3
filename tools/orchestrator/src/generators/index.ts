export { type DomainGeneratorOptions, generateDomain } from './domain-generator.ts';
export { GeneratorRefusedError } from './generator-refused-error.ts';
export { generateMigration, type MigrationGeneratorOptions } from './migration-generator.ts';
export { generateCollection, generateTable, type TableGeneratorOptions } from './table-generator.ts';
