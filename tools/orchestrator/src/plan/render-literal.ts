import { escapeLiteral } from 'pg';

/**
 * A parameter's value as SQL, for people to read and to run.
 *
 * @example
 * renderLiteral(new Date(0)); // '1970-01-01T00:00:00.000Z'
 */
export function renderLiteral(value: unknown): string {
  if (value === null || value === undefined) {
    return 'NULL';
  }
  switch (typeof value) {
    case 'number':
    case 'bigint':
      return String(value).startsWith('-') ? `(${value})` : String(value);
    case 'boolean':
      return String(value);
    case 'string':
      return escapeLiteral(value);
    default:
      return renderObject(value);
  }
}

function renderObject(value: unknown): string {
  if (value instanceof Date) {
    return escapeLiteral(value.toISOString());
  }
  if (value instanceof Uint8Array) {
    return `'\\x${Buffer.from(value).toString('hex')}'::bytea`;
  }
  if (Array.isArray(value)) {
    return value.length === 0 ? `'{}'` : `ARRAY[${value.map(renderLiteral).join(', ')}]`;
  }
  return escapeLiteral(JSON.stringify(value));
}

/** What is not a placeholder although it may hold a `$1`: strings, quoted names, dollar-quoted bodies, comments. */
const SKIPPED =
  /[eE]'(?:[^'\\]|\\.|'')*'|'(?:[^']|'')*'|"(?:[^"]|"")*"|--[^\n]*|\/\*[\s\S]*?\*\/|(\$(?:[A-Za-z_]\w*)?\$)[\s\S]*?\1|(?<![\w$])\$(\d+)/g;

/** Writes the values of parameters where their placeholders are. */
export function inlineParameters(sql: string, parameters: readonly unknown[]): string {
  return sql.replaceAll(SKIPPED, (found, _tag: string | undefined, number: string | undefined) =>
    number === undefined ? found : renderLiteral(parameters[Number(number) - 1]),
  );
}
