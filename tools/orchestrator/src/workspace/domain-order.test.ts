import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { orderDomains, withDependencies, withDependents } from './domain-order.ts';
import { DomainCycleError, UnknownDomainError } from './workspace-errors.ts';

const DIAMOND = [
  { name: 'notifications-db', dependsOn: ['preferences-db', 'transactions-db'] },
  { name: 'transactions-db', dependsOn: ['accounts-db'] },
  { name: 'preferences-db', dependsOn: ['accounts-db'] },
  { name: 'accounts-db', dependsOn: [] },
];
const names = (domains: readonly { readonly name: string }[]) => domains.map(({ name }) => name);

describe('the order of domains', () => {
  it('puts dependencies first, and the alphabet where it is free to choose', () => {
    expect(names(orderDomains(DIAMOND))).toEqual([
      'accounts-db',
      'preferences-db',
      'transactions-db',
      'notifications-db',
    ]);
  });

  it('is the same however the input is sorted, and always valid', () => {
    const graph = fc
      .array(fc.array(fc.nat({ max: 7 }), { maxLength: 3 }), { minLength: 1, maxLength: 8 })
      .map((edges) =>
        edges.map((targets, index) => ({
          name: `domain-${index}`,
          // Only towards smaller numbers, so that there is no circle.
          dependsOn: [...new Set(targets.filter((target) => target < index))].map((target) => `domain-${target}`),
        })),
      );
    fc.assert(
      fc.property(graph, fc.infiniteStream(fc.nat()), (domains, random) => {
        const shuffled = domains
          .map((domain) => [random.next().value, domain] as const)
          .sort(([left], [right]) => Number(left) - Number(right));
        const ordered = names(orderDomains(domains));
        expect(names(orderDomains(shuffled.map(([, domain]) => domain)))).toEqual(ordered);
        for (const { name, dependsOn } of domains) {
          for (const dependency of dependsOn) {
            expect(ordered.indexOf(dependency)).toBeLessThan(ordered.indexOf(name));
          }
        }
      }),
    );
  });

  it('names a circle as a path', () => {
    const circle = [
      { name: 'a', dependsOn: ['b'] },
      { name: 'b', dependsOn: ['c'] },
      { name: 'c', dependsOn: ['b'] },
    ];
    expect(() => orderDomains(circle)).toThrow(DomainCycleError);
    expect(() => orderDomains(circle)).toThrow(/b → c → b/);
  });

  it('of a selection includes what it depends on', () => {
    expect(names(withDependencies(DIAMOND, ['transactions-db']))).toEqual(['accounts-db', 'transactions-db']);
    expect(names(withDependencies(DIAMOND, []))).toHaveLength(4);
    expect(() => withDependencies(DIAMOND, ['cards-db'])).toThrow(UnknownDomainError);
  });

  it('finds what stands on a domain, directly or not', () => {
    expect(names(withDependents(DIAMOND, 'transactions-db'))).toEqual(['transactions-db', 'notifications-db']);
    expect(names(withDependents(DIAMOND, 'accounts-db'))).toHaveLength(4);
  });
});
