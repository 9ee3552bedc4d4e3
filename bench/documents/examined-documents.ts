import { unreadCountsPipeline } from '@finova/notifications-db';
import type { Document } from 'mongodb';
import type { FilledDatabase } from './prepare-documents.ts';

const PAGE_SIZE = 20;

/** What the server says about how it found something. */
export interface Examined {
  readonly name: string;
  /** `IXSCAN inbox`, or what it did instead. */
  readonly access: string;
  readonly isByIndex: boolean;
  /** Whether the index gave the order, so that nothing was sorted. */
  readonly isSortedByIndex: boolean;
  readonly documents: number;
  readonly returned: number;
}

/** Explains the commands behind the inbox page and the unread counts. */
export async function examinedDocuments({ db, userIds }: FilledDatabase): Promise<readonly Examined[]> {
  const [userId = ''] = userIds;
  const notifications = db.collection('notifications');
  const page = await notifications
    .find({ userId, channel: 'in_app' }, { sort: { _id: -1 }, limit: PAGE_SIZE + 1 })
    .explain('executionStats');
  const { stages } = unreadCountsPipeline(userId);
  const counts = await notifications.aggregate([...stages]).explain('executionStats');
  return [read('inbox page', page, PAGE_SIZE + 1), read('unread counts', counts, 0)];
}

function read(name: string, explained: Document, returned: number): Examined {
  const [first] = (explained['stages'] as Document[] | undefined) ?? [];
  const source = (first?.['$cursor'] as Document | undefined) ?? explained;
  const steps: { readonly stage: string; readonly index: string }[] = [];
  const walk = (plan: Document | undefined): void => {
    if (plan !== undefined) {
      if (plan['stage'] !== undefined) {
        steps.push({ stage: String(plan['stage']), index: String(plan['indexName'] ?? '') });
      }
      walk(plan['queryPlan'] as Document | undefined);
      walk(plan['inputStage'] as Document | undefined);
    }
  };
  walk((source['queryPlanner'] as Document)['winningPlan'] as Document);
  const access = steps.at(-1);
  return {
    name,
    access: `${access?.stage ?? 'nothing'} ${access?.index ?? ''}`.trim(),
    isByIndex: access?.stage === 'IXSCAN',
    isSortedByIndex: !steps.some(({ stage }) => stage === 'SORT'),
    documents: Number((source['executionStats'] as Document)['totalDocsExamined']),
    returned,
  };
}
