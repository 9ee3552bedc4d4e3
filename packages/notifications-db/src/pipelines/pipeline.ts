import type { CollectionDefinition } from '@finova/db-kit/mongodb';
import type { AggregateOptions, Db, Document } from 'mongodb';

/** An aggregation that answers one question in one call: on which collection, by which index, in which stages. */
export interface Pipeline<Row extends object> {
  /** What it answers: `unread counts`. */
  readonly name: string;
  readonly collection: CollectionDefinition;
  /** The index that it goes by; tests hold servers to it. */
  readonly index: string;
  /**
   * Whether the index is named to the server. Only where one would not find it by itself: SecantusDB reads an index that
   * is named from end to end.
   */
  readonly isHinted?: boolean;
  readonly stages: readonly Document[];
  /** Never set: it ties the type of the rows to the pipeline. */
  readonly row?: Row;
}

/** Runs a pipeline; 64-bit integers in its rows are `bigint`. */
export function runPipeline<Row extends object>(db: Db, pipeline: Pipeline<Row>): Promise<Row[]> {
  return db
    .collection(pipeline.collection.name)
    .aggregate<Row>([...pipeline.stages], pipelineOptions(pipeline))
    .toArray();
}

/** The driver's options for a pipeline. */
export function pipelineOptions({ index, isHinted = false }: Pipeline<object>): AggregateOptions {
  return { useBigInt64: true, ...(isHinted && { hint: index }) };
}
