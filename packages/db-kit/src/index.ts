export * from './errors/index.ts';
export { newId } from './ids.ts';
export { TOOL_VERSION } from './tool-version.ts';
