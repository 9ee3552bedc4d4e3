import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { runInOrder } from './run-in-order.ts';

const DOMAINS = [
  { name: 'bottom', dependsOn: [] },
  { name: 'left', dependsOn: ['bottom'] },
  { name: 'right', dependsOn: ['bottom'] },
  { name: 'top', dependsOn: ['left', 'right'] },
];

describe('running domains in order', () => {
  it('starts each after its dependencies, and neighbours side by side', async () => {
    const events: string[] = [];
    await runInOrder(DOMAINS, async ({ name }) => {
      events.push(`${name} begins`);
      await sleep(20);
      events.push(`${name} ends`);
    });
    expect(events.slice(0, 4)).toEqual(['bottom begins', 'bottom ends', 'left begins', 'right begins']);
    expect(events.at(-2)).toBe('top begins');
  });

  it('skips what depends on a failure, however far, and runs the rest', async () => {
    const outcomes = await runInOrder(DOMAINS, async ({ name }) => {
      if (name === 'left') {
        throw new Error('broken');
      }
      return name;
    });
    expect([...outcomes]).toEqual([
      ['bottom', { state: 'done', result: 'bottom' }],
      ['left', { state: 'failed', error: new Error('broken') }],
      ['right', { state: 'done', result: 'right' }],
      ['top', { state: 'skipped', because: 'left' }],
    ]);
  });

  it('does not wait for dependencies that are not part of the run', async () => {
    const outcomes = await runInOrder([{ name: 'left', dependsOn: ['bottom'] }], async () => 'ran');
    expect(outcomes.get('left')).toEqual({ state: 'done', result: 'ran' });
  });
});
