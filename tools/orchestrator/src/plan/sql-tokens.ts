/** A stretch of SQL text. */
export interface SqlToken {
  /** `quoted`: a string, a quoted name or a dollar-quoted body. */
  readonly kind: 'code' | 'quoted' | 'comment' | 'placeholder';
  readonly text: string;
}

/** The `E` of `DATE'…'` begins no escape string, and the `$1` of `a$1` is no parameter. */
const NOT_IN_A_WORD = '(?<![\\w$\\u0080-\\uffff])';

const STARTS: readonly { readonly kind: SqlToken['kind']; readonly pattern: RegExp }[] = [
  { kind: 'quoted', pattern: new RegExp(`${NOT_IN_A_WORD}[eE]'(?:[^'\\\\]|\\\\[\\s\\S]|'')*'`, 'y') },
  { kind: 'quoted', pattern: /'(?:[^']|'')*'/y },
  { kind: 'quoted', pattern: /"(?:[^"]|"")*"/y },
  { kind: 'quoted', pattern: new RegExp(`${NOT_IN_A_WORD}(\\$(?:[A-Za-z_]\\w*)?\\$)[\\s\\S]*?\\1`, 'y') },
  { kind: 'placeholder', pattern: new RegExp(`${NOT_IN_A_WORD}\\$\\d+`, 'y') },
  { kind: 'comment', pattern: /--[^\n]*/y },
];

/** Splits SQL into what is code and what only looks like it; the texts joined are the SQL again. */
export function splitSql(sql: string): SqlToken[] {
  const tokens: SqlToken[] = [];
  let code = '';
  let position = 0;
  while (position < sql.length) {
    const token = tokenAt(sql, position);
    if (token === undefined) {
      code += sql[position];
      position += 1;
      continue;
    }
    if (code !== '') {
      tokens.push({ kind: 'code', text: code });
      code = '';
    }
    tokens.push(token);
    position += token.text.length;
  }
  return code === '' ? tokens : [...tokens, { kind: 'code', text: code }];
}

function tokenAt(sql: string, position: number): SqlToken | undefined {
  if (sql.startsWith('/*', position)) {
    return { kind: 'comment', text: blockCommentAt(sql, position) };
  }
  for (const { kind, pattern } of STARTS) {
    pattern.lastIndex = position;
    const [text] = pattern.exec(sql) ?? [];
    if (text !== undefined) {
      return { kind, text };
    }
  }
  return undefined;
}

/** PostgreSQL's block comments nest. */
function blockCommentAt(sql: string, start: number): string {
  let depth = 0;
  let position = start;
  do {
    if (sql.startsWith('/*', position)) {
      depth += 1;
      position += 2;
    } else if (sql.startsWith('*/', position)) {
      depth -= 1;
      position += 2;
    } else {
      position += 1;
    }
  } while (depth > 0 && position < sql.length);
  return sql.slice(start, position);
}
