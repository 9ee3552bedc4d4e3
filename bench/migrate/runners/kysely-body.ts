/**
 * What a sample migration is with Kysely's schema builder, as its documentation writes one. Nothing has to be imported
 * for it, as in the peers' own forms: Node.js takes longer to find a package from a new file than to run the rest.
 */
export function kyselyBody(table: string): { readonly up: string; readonly down: string } {
  return {
    up: `db.schema.createTable('${table}').addColumn('id', 'integer', (id) => id.primaryKey()).execute()`,
    down: `db.schema.dropTable('${table}').execute()`,
  };
}
