import { renderLiteral } from './render-literal.ts';
import { type SqlToken, splitSql } from './sql-tokens.ts';

/**
 * One statement that was sent, as people write it: with the values of its parameters, indented by itself rather than
 * by the code it stood in, and ended by one semicolon.
 *
 * @returns an empty text for a statement that holds nothing.
 */
export function renderSql(sql: string, parameters: readonly unknown[] = []): string {
  return terminate(splitSql(outdent(inlineParameters(sql, parameters))));
}

/** Writes the values of parameters where their placeholders are. */
function inlineParameters(sql: string, parameters: readonly unknown[]): string {
  // Without parameters, a `$1` is an argument of the function that the statement makes.
  if (parameters.length === 0) {
    return sql;
  }
  return splitSql(sql)
    .map(({ kind, text }) => (kind === 'placeholder' ? renderLiteral(parameters[Number(text.slice(1)) - 1]) : text))
    .join('');
}

/** Takes away the indentation that all lines share. Lines that begin inside quotes are left as they are. */
function outdent(sql: string): string {
  const lines = sql
    .replace(/^(?:[^\S\n]*\n)+/, '')
    .trimEnd()
    .split('\n');
  const quoted = linesBegunInQuotes(lines.join('\n'));
  const hasOwnIndent = (index: number) => !quoted.has(index) && lines[index]?.trim() !== '';
  // A first line that stands right behind its opening quote says nothing of how the rest is indented.
  const start = indentOf(lines[0] ?? '') === 0 ? 1 : 0;
  const indents = lines.map(indentOf).filter((_, index) => index >= start && hasOwnIndent(index));
  const common = indents.length === 0 ? 0 : Math.min(...indents);
  return lines
    .map((line, index) => (hasOwnIndent(index) ? line.slice(Math.min(common, indentOf(line))) : line))
    .join('\n');
}

function indentOf(line: string): number {
  return line.length - line.trimStart().length;
}

/** Indexes of the lines that begin inside a string or a body, where spaces are content. */
function linesBegunInQuotes(sql: string): Set<number> {
  const found = new Set<number>();
  let line = 0;
  for (const { kind, text } of splitSql(sql)) {
    const last = line + text.split('\n').length - 1;
    for (let inside = line + 1; kind === 'quoted' && inside <= last; inside += 1) {
      found.add(inside);
    }
    line = last;
  }
  return found;
}

/** Puts one semicolon behind the last thing that is no comment. */
function terminate(tokens: readonly SqlToken[]): string {
  const isEmpty = ({ kind, text }: SqlToken) => kind === 'comment' || (kind === 'code' && /^[\s;]*$/.test(text));
  const last = tokens.findLastIndex((token) => !isEmpty(token));
  const comments = tokens
    .slice(last + 1)
    .map(({ kind, text }) => (kind === 'code' ? text.replaceAll(';', '') : text))
    .join('')
    .trimEnd();
  if (last < 0) {
    return comments.trim();
  }
  const statement = tokens
    .slice(0, last + 1)
    .map(({ text }) => text)
    .join('');
  const end = tokens[last]?.kind === 'code' ? statement.replace(/[\s;]+$/, '') : statement;
  return `${end};${comments.replace(/^(?=\S)/, ' ')}`;
}
