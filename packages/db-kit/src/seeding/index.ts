export { deterministicId } from './deterministic-id.ts';
export { type DomainSeed, type SampleTable, type SeedContext, type SeedCount, SeedRefusedError } from './seed.ts';
