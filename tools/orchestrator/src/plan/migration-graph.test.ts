import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type GraphDomain, orderMigrations } from './migration-graph.ts';
import { RequirementCycleError, UnknownRequirementError } from './plan-errors.ts';

/** `domain('a', ['b'], [[], ['b/1']])`: migrations 1, 2, … with what each requires. */
function domain(name: string, dependsOn: readonly string[], requires: readonly (readonly string[])[]): GraphDomain {
  return { name, dependsOn, migrations: requires.map((ids, index) => ({ name: String(index + 1), requires: ids })) };
}

describe('the order of migrations', () => {
  it("keeps each domain's own order and puts dependencies first", () => {
    expect(orderMigrations([domain('top', ['bottom'], [[], []]), domain('bottom', [], [[], []])])).toEqual([
      'bottom/1',
      'bottom/2',
      'top/1',
      'top/2',
    ]);
  });

  it('puts what is required first, and goes back and forth where it must', () => {
    const left = domain('left', [], [[], ['right/1'], []]);
    const right = domain('right', [], [['left/1'], [], ['left/3']]);
    expect(orderMigrations([left, right])).toEqual(['left/1', 'right/1', 'right/2', 'left/2', 'left/3', 'right/3']);
  });

  it('sees through a domain without migrations', () => {
    const domains = [
      domain('a-top', ['middle'], [[]]),
      domain('middle', ['z-bottom'], []),
      domain('z-bottom', [], [[]]),
    ];
    expect(orderMigrations(domains)).toEqual(['z-bottom/1', 'a-top/1']);
  });

  it('refuses a name that does not exist, with one that does', () => {
    const domains = [domain('a', [], [['b/9']]), domain('b', [], [[]])];
    expect(() => orderMigrations(domains)).toThrow(UnknownRequirementError);
    expect(() => orderMigrations(domains)).toThrow(/a\/1 requires b\/9, which does not exist: .* such as b\/1/);
  });

  it('prints a circle as a path', () => {
    const domains = [domain('a', [], [[], ['b/2']]), domain('b', [], [['a/2'], []])];
    expect(() => orderMigrations(domains)).toThrow(RequirementCycleError);
    expect(() => orderMigrations(domains)).toThrow('a/2 → b/2 → b/1 → a/2');
  });

  it('finds a circle between a requirement and the order of the domains', () => {
    const domains = [domain('bottom', [], [['top/1']]), domain('top', ['bottom'], [[]])];
    expect(() => orderMigrations(domains)).toThrow('bottom/1 → top/1 → bottom/1');
  });

  it('is valid and the same for every way to write the same graph down', () => {
    fc.assert(
      fc.property(acyclicGraphs, fc.infiniteStream(fc.nat()), (domains, random) => {
        const order = orderMigrations(domains);
        const shuffled = domains
          .map((entry) => [random.next().value as number, entry] as const)
          .sort(([one], [other]) => one - other)
          .map(([, entry]) => entry);
        expect(orderMigrations(shuffled)).toEqual(order);
        const place = new Map(order.map((id, index) => [id, index]));
        const at = (id: string) => place.get(id) ?? Number.NaN;
        for (const { name, migrations } of domains) {
          for (const [index, migration] of migrations.entries()) {
            const id = `${name}/${migration.name}`;
            const before = index === 0 ? [] : [`${name}/${migrations[index - 1]?.name}`];
            for (const earlier of [...before, ...migration.requires]) {
              expect(at(earlier)).toBeLessThan(at(id));
            }
          }
        }
      }),
    );
  });
});

/** Requirements point at what a random valid run has done before, so there is no circle. */
const acyclicGraphs = fc
  .tuple(fc.array(fc.nat({ max: 4 }), { minLength: 1, maxLength: 30 }), fc.infiniteStream(fc.nat()))
  .map(([run, random]) => {
    const migrations = new Map<number, { name: string; requires: string[] }[]>();
    const done: string[] = [];
    for (const owner of run) {
      const own = migrations.get(owner) ?? [];
      const count = done.length === 0 ? 0 : (random.next().value as number) % 3;
      const requires = Array.from({ length: count }, () => done[(random.next().value as number) % done.length] ?? '');
      const name = String(own.length + 1).padStart(3, '0');
      own.push({ name, requires: [...new Set(requires)] });
      migrations.set(owner, own);
      done.push(`domain-${owner}/${name}`);
    }
    return [...migrations].map(
      ([owner, list]): GraphDomain => ({ name: `domain-${owner}`, dependsOn: [], migrations: list }),
    );
  });
