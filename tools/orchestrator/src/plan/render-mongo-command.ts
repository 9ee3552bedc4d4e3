import { inspect } from 'node:util';
import type { Document } from 'mongodb';

/**
 * A command as mongosh reads it. Values keep their BSON types: what JSON writes as `5` may have been a 64-bit
 * integer, which a validator can insist on.
 *
 * @param database - `admin` for the commands that a database itself does not take.
 *
 * @example
 * renderMongoCommand({ create: 'notifications' }); // db.runCommand({ create: "notifications" });
 */
export function renderMongoCommand(command: Document, database?: 'admin'): string {
  return `db.${database === 'admin' ? 'adminCommand' : 'runCommand'}(${renderValue(command, '')});`;
}

const LINE_WIDTH = 100;

function renderValue(value: unknown, indent: string): string {
  if (Array.isArray(value)) {
    // As in BSON, which has no gaps in arrays.
    return renderMembers(
      value.map((member) => renderValue(member ?? null, `${indent}  `)),
      '[]',
      indent,
    );
  }
  if (isContainer(value)) {
    const members = (value instanceof Map ? [...value] : Object.entries(value)) as readonly [string, unknown][];
    return renderMembers(
      members
        .filter(([, member]) => member !== undefined)
        .map(([key, member]) => `${renderKey(key)}: ${renderValue(member, `${indent}  `)}`),
      '{}',
      indent,
    );
  }
  return renderLeaf(value);
}

function isContainer(value: unknown): value is object {
  return (
    value !== null &&
    typeof value === 'object' &&
    !('_bsontype' in value) &&
    !(value instanceof Date || value instanceof RegExp || value instanceof Uint8Array)
  );
}

function renderLeaf(value: unknown): string {
  if (typeof value === 'bigint') {
    return `new Long('${value}')`;
  }
  if (value instanceof Date) {
    return `new Date(${Number.isNaN(value.getTime()) ? 'NaN' : `'${value.toISOString()}'`})`;
  }
  if (value instanceof Uint8Array && !('_bsontype' in value)) {
    return `Binary.createFromBase64('${Buffer.from(value).toString('base64')}', 0)`;
  }
  // BSON's classes show themselves as the expression that makes them.
  return typeof value === 'object' && value !== null && '_bsontype' in value
    ? inspect(value, { depth: null, breakLength: Number.POSITIVE_INFINITY, maxStringLength: null })
    : typeof value === 'string'
      ? JSON.stringify(value)
      : Object.is(value, -0)
        ? '-0'
        : String(value);
}

function renderKey(key: string): string {
  // In brackets, or it would set the prototype.
  return key === '__proto__' ? `['${key}']` : /^[A-Za-z_$][\w$]*$/.test(key) ? key : JSON.stringify(key);
}

/** On one line where that is short, else one line each. */
function renderMembers(members: readonly string[], brackets: '[]' | '{}', indent: string): string {
  const [open, close] = brackets;
  if (members.length === 0) {
    return brackets;
  }
  const line = members.join(', ');
  if (!line.includes('\n') && indent.length + line.length <= LINE_WIDTH) {
    return brackets === '[]' ? `[${line}]` : `{ ${line} }`;
  }
  return `${open}\n${members.map((member) => `${indent}  ${member}`).join(',\n')}\n${indent}${close}`;
}
