/** Ways to reach a customer. `in_app` is the inbox. */
export const CHANNELS = ['email', 'push', 'sms', 'in_app'] as const;

/** From "good to know" to "act now". */
export const SEVERITIES = ['info', 'notice', 'warning', 'critical'] as const;

/** What a notification is about. */
export const CATEGORIES = ['security', 'legal', 'payments', 'balance', 'cards', 'statements', 'product'] as const;

/** When notifications of a channel go out: each at once, or gathered. */
export const DIGESTS = ['immediate', 'hourly', 'daily'] as const;

/** The digests that gather. */
export const GATHERING_DIGESTS = ['hourly', 'daily'] as const satisfies readonly Digest[];

/** How much a setting covers; the later in this list, the more specific. */
export const SCOPES = ['global', 'category', 'account'] as const;

export type Channel = (typeof CHANNELS)[number];
export type Severity = (typeof SEVERITIES)[number];
export type Category = (typeof CATEGORIES)[number];
export type Digest = (typeof DIGESTS)[number];
export type GatheringDigest = (typeof GATHERING_DIGESTS)[number];
export type Scope = (typeof SCOPES)[number];

/**
 * Notices that the bank owes its customers, such as of a data breach (GDPR, article 34) or of changed conditions
 * (PSD2, article 54), with the channels on which nobody can mute, weaken or delay them.
 */
export const REQUIRED_NOTICES: Readonly<Partial<Record<Category, readonly Channel[]>>> = {
  security: ['email', 'in_app'],
  legal: ['email', 'in_app'],
};

/** Whether `severity` is at least `minimum`. */
export function isAtLeast(severity: Severity, minimum: Severity): boolean {
  return SEVERITIES.indexOf(severity) >= SEVERITIES.indexOf(minimum);
}
