/** The driver's own way of writing parameters, which its published types leave out. */
declare module 'pg/lib/utils.js' {
  /** What the driver sends for a parameter: text, or bytes as they are. */
  export function prepareValue(value: unknown): string | Buffer | null;
}
