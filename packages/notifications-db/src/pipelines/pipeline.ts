import type { CollectionDefinition } from '@finova/db-kit/mongodb';
import type { Db, Document } from 'mongodb';

/** An aggregation that answers one question in one call: on which collection, by which index, in which stages. */
export interface Pipeline<Row extends object> {
  /** What it answers: `unread counts`. */
  readonly name: string;
  readonly collection: CollectionDefinition;
  /** By name, so that no plan which reads more is ever chosen. */
  readonly hint: string;
  readonly stages: readonly Document[];
  /** Never set: it ties the type of the rows to the pipeline. */
  readonly row?: Row;
}

/** Runs a pipeline; 64-bit integers in its rows are `bigint`. */
export function runPipeline<Row extends object>(db: Db, pipeline: Pipeline<Row>): Promise<Row[]> {
  return db
    .collection(pipeline.collection.name)
    .aggregate<Row>([...pipeline.stages], { hint: pipeline.hint, useBigInt64: true })
    .toArray();
}
