/** The version of the migrator, as recorded in every journal row. */
export const TOOL_VERSION = '0.1.0';
