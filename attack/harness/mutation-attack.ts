import { withPostgresClient } from '@finova/db-kit/postgres';
import { type Refusal, type RefusalScenario, refusedBy } from '@finova/db-kit/testing';
import type { Client } from 'pg';
import type { Attack } from './attack.ts';
import { type Mutation, readSchemaMutations } from './schema-mutations.ts';

/** A domain whose rules are taken away one by one. */
export interface MutatedDomain {
  readonly schema: string;
  openScenario(serverUrl: string): Promise<RefusalScenario>;
  /** The checks of which at least one must find out. */
  readonly refusals: readonly Refusal[];
  /** Rules that another one stands in for in every case, or that no check within one transaction can try, by name, with why. */
  readonly withoutEffect: Readonly<Record<string, string>>;
  /** Partitions whose triggers are mutated, and what tells a check that looks at the catalog for them. */
  readonly partitions?: { readonly names: readonly string[]; readonly lookedAtBy: string };
}

/**
 * Takes away each constraint, NOT NULL, trigger, refusal of a function and right of a domain in turn, and gives rights to
 * whom they are not for, in a transaction that is rolled back, and looks whether a refusal check finds out. One that none
 * finds is a rule that could be lost unnoticed.
 */
export function mutationAttack(name: string, domain: MutatedDomain): Attack {
  const { schema, refusals, withoutEffect, partitions } = domain;
  return {
    name,
    async run({ random, servers, count }) {
      const scenario = await domain.openScenario(servers.postgres);
      try {
        return await withPostgresClient({ url: scenario.url, applicationName: 'finova attack' }, async (client) => {
          const read = await readSchemaMutations(client, schema, partitions?.names ?? []);
          const all = read.filter(({ rule }) => withoutEffect[rule] === undefined);
          const tried = random.shuffle(all).slice(0, count({ full: all.length, short: 60, tiny: 6 }));
          const survivors: string[] = [];
          for (const mutation of tried) {
            if (!(await isFound(client, domain, scenario, mutation))) {
              survivors.push(`nothing finds out about: ${describe(mutation)}`);
            }
          }
          const found = tried.length - survivors.length;
          const rules = new Set(read.map(({ rule }) => rule));
          const failures = [
            ...survivors,
            ...Object.keys(withoutEffect)
              .filter((rule) => !rules.has(rule))
              .map((rule) => `there is no ${rule} that could be without effect`),
          ];
          // A check that does would find everything.
          if (await isFound(client, domain, scenario, { rule: '', statement: 'SELECT' })) {
            failures.push('a check finds out although nothing was taken away');
          }
          return {
            done: `${found} of ${tried.length} mutations found (${all.length} there are), by ${refusals.length} checks`,
            failures,
          };
        });
      } finally {
        await scenario.close();
      }
    },
  };
}

async function isFound(
  client: Client,
  { refusals, partitions }: MutatedDomain,
  { ids }: RefusalScenario,
  { rule, statement }: Mutation,
): Promise<boolean> {
  await client.query('BEGIN');
  try {
    await client.query(statement);
    for (const [, statements, expected] of refusals.toSorted(byRelevance(rule))) {
      // What looks at the catalog finds everything at once; it counts for partitions, which statements cannot tell apart,
      // and for itself.
      const looksAtCatalog = partitions !== undefined && statements.includes(partitions.lookedAtBy);
      if (looksAtCatalog && !rule.startsWith('partition ') && !rule.endsWith(partitions.lookedAtBy)) {
        continue;
      }
      if ((await refusedBy(client, statements, ids, 'savepoint')) !== expected) {
        return true;
      }
    }
    return false;
  } finally {
    await client.query('ROLLBACK');
  }
}

/** A function that is made anew is too long to be shown. */
function describe({ rule, statement }: Mutation): string {
  return statement.includes('\n') ? rule : statement;
}

/** The check that names the rule comes first, and those of rights where one is changed: most are found by these. */
function byRelevance(rule: string) {
  const isRight = / (?:for|of) /.test(rule) || rule.startsWith('for ');
  const isPath = rule.startsWith('search path of ');
  const relevance = ([what, statements, expected]: Refusal) =>
    Number(
      expected === rule ||
        rule.includes(`: ${expected}, `) ||
        what === rule ||
        (isPath ? /search_path/.test(statements) : isRight && /ROLE finova_|_privilege\(/.test(statements)),
    );
  return (left: Refusal, right: Refusal) => relevance(right) - relevance(left);
}
