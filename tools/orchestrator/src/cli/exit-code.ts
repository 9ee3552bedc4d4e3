/** What the command's exit code says. */
export const ExitCode = {
  done: 0,
  failed: 1,
  /** Nothing failed, but something is pending or has drifted. */
  attention: 2,
} as const;

export type ExitCode = (typeof ExitCode)[keyof typeof ExitCode];
