/**
 * Resolves workspace packages to their TypeScript sources: the same as starting Node with
 * `--conditions=@finova/source`, for a process that is already running.
 *
 * @type {import('node:module').ResolveHook}
 */
export function resolve(specifier, context, nextResolve) {
  return nextResolve(specifier, { ...context, conditions: [...context.conditions, '@finova/source'] });
}
