import { join } from 'node:path';

/** Where benchmarks keep what they fetch and write; it can be deleted at any time. */
export const BENCH_CACHE_FOLDER = join(import.meta.dirname, '..', '..', 'node_modules', '.cache', 'finova-bench');
