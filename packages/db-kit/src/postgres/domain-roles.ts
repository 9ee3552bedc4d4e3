/** The roles of a PostgreSQL domain, the same on every server. */
export interface DomainRoles {
  /** Owns the schema and everything in it; nobody logs in as it. */
  readonly owner: string;
  /** Migrates: a member of the owner, and the owner of the migrator's own tables. */
  readonly migrator: string;
  /** What the service is. */
  readonly app: string;
  /** Reads, for people and reports. */
  readonly readonly: string;
}

/**
 * Names the roles of a domain. Its migrations make those that are missing.
 *
 * @param schema - `accounts`
 *
 * @example
 * domainRoles('accounts').app; // 'finova_accounts_app'
 */
export function domainRoles(schema: string): DomainRoles {
  const name = (role: keyof DomainRoles) => `finova_${schema}_${role}`;
  return { owner: name('owner'), migrator: name('migrator'), app: name('app'), readonly: name('readonly') };
}

/** Names of the roles of the domain whose schema `$1` names, in a query. */
export const OWN_ROLES = `ARRAY(SELECT 'finova_' || $1 || '_' || role FROM unnest('{owner,migrator,app,readonly}'::text[]) AS role)`;

/**
 * Whether a role belongs to another domain than the one whose schema `$1` names, in a query: what a domain may do in the
 * schemas of others comes and goes with its own migrations, and is told with its own structure.
 */
export function isRoleOfAnother(name: string): string {
  return `(${name} ~ '^finova_[a-z0-9_]+_(owner|migrator|app|readonly)$' AND ${name} <> ALL (${OWN_ROLES}))`;
}
