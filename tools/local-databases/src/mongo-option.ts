/**
 * Adds an option to a MongoDB URL that does not set it yet. Names of options know no upper and lower case.
 *
 * @example
 * withMongoOption('mongodb://127.0.0.1', 'socketTimeoutMS', 5_000); // 'mongodb://127.0.0.1/?socketTimeoutMS=5000'
 */
export function withMongoOption(url: string, name: string, value: number): string {
  if (new RegExp(`[?&]${name}=`, 'i').test(url)) {
    return url;
  }
  const separator = url.includes('?') ? '&' : /^[^:]+:\/\/[^/]*$/.test(url) ? '/?' : '?';
  return `${url}${separator}${name}=${value}`;
}
