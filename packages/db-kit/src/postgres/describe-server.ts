import type { Client } from 'pg';

/** The server a connection talks to, without secrets: `PostgreSQL 18.4 at 127.0.0.1:5432/finova`. */
export async function describePostgres(client: Client): Promise<string> {
  const { rows } = await client.query<{ version: string; database: string }>(
    `SELECT split_part(current_setting('server_version'), ' ', 1) AS version, current_database() AS database`,
  );
  return `PostgreSQL ${rows[0]?.version} at ${client.host}:${client.port}/${rows[0]?.database}`;
}
