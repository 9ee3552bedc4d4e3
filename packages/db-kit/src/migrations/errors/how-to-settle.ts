/** What to do about a half-done migration, as the `next` of an error. */
export function howToSettle(domain: string, migration: string): string {
  return (
    `look at the database, then run finova-db repair ${domain} ${migration} ` +
    '--as applied (its up is complete) or --as pending (nothing of it is left)'
  );
}
