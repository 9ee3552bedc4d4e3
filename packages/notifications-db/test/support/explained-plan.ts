import type { Db, Document } from 'mongodb';
import { type Pipeline, pipelineOptions } from '../../src/pipelines/pipeline.ts';

/** What a server says about how it ran something. */
export interface ExplainedPlan {
  /** The stages of the winning plan, outermost first: `FETCH`, `IXSCAN`. */
  readonly stages: readonly string[];
  /** The indexes that it scanned. */
  readonly indexes: readonly string[];
  readonly documentsExamined: number;
  readonly keysExamined: number;
}

/** Explains a pipeline as it is run. */
export async function explainPipeline(db: Db, pipeline: Pipeline<object>): Promise<ExplainedPlan> {
  const cursor = db
    .collection(pipeline.collection.name)
    .aggregate([...pipeline.stages], { ...pipelineOptions(pipeline), useBigInt64: false });
  return planOf(await cursor.explain('executionStats'));
}

/** Reads the answer of `explain`, which lies deeper where there are stages after the first. */
function planOf(explained: Document): ExplainedPlan {
  const [first] = (explained['stages'] as Document[] | undefined) ?? [];
  const source = (first?.['$cursor'] as Document | undefined) ?? explained;
  const stages: string[] = [];
  const indexes: string[] = [];
  const walk = (plan: Document | undefined): void => {
    if (plan === undefined) {
      return;
    }
    if (plan['stage'] !== undefined) {
      stages.push(String(plan['stage']));
    }
    if (plan['indexName'] !== undefined) {
      indexes.push(String(plan['indexName']));
    }
    // The slot-based engine wraps the plan once more.
    walk(plan['queryPlan'] as Document | undefined);
    walk(plan['inputStage'] as Document | undefined);
    for (const input of (plan['inputStages'] as Document[] | undefined) ?? []) {
      walk(input);
    }
  };
  walk((source['queryPlanner'] as Document)['winningPlan'] as Document);
  const statistics = (source['executionStats'] ?? {}) as Document;
  return {
    stages,
    indexes: [...new Set(indexes)],
    documentsExamined: Number(statistics['totalDocsExamined']),
    keysExamined: Number(statistics['totalKeysExamined']),
  };
}
