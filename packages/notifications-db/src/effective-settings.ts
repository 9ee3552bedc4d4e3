import type {
  AmountThreshold,
  ChannelRule,
  NotificationSettingsDocument,
  QuietHours,
} from './schema/notification-settings.ts';
import { type Category, CHANNELS, type Channel, REQUIRED_NOTICES, SCOPES } from './schema/vocabulary.ts';

/** What holds for notifications of one category (and account) once all scopes have had their say. */
export interface EffectiveSettings {
  readonly channels: Readonly<Record<Channel, ChannelRule>>;
  /** `null` for none. They do not hold back {@link REQUIRED_NOTICES} on their channels. */
  readonly quietHours: QuietHours | null;
  readonly amountThresholds: readonly AmountThreshold[];
  /** Channels on which this category is required: settings do not touch them. */
  readonly requiredChannels: readonly Channel[];
}

type Saying = Pick<NotificationSettingsDocument, 'scope' | 'channels' | 'quietHours' | 'amountThresholds'>;

/** What holds for a customer who never set anything. */
export const DEFAULT_CHANNELS: Readonly<Record<Channel, ChannelRule>> = {
  email: { enabled: true, minimumSeverity: 'notice', digest: 'immediate' },
  push: { enabled: true, minimumSeverity: 'notice', digest: 'immediate' },
  sms: { enabled: false, minimumSeverity: 'critical', digest: 'immediate' },
  in_app: { enabled: true, minimumSeverity: 'info', digest: 'immediate' },
};

const REQUIRED_RULE: ChannelRule = { enabled: true, minimumSeverity: 'info', digest: 'immediate' };

/**
 * Combines what the scopes say: for each channel, for quiet hours and for amount thresholds, the most specific scope
 * that says something wins (account before category before global before the defaults). On the channels of a required
 * category, whatever they say is ignored.
 *
 * @param sayings - documents of one customer that cover the category or the account, or are global; in any order.
 */
export function combineSettings(sayings: readonly Saying[], category: Category): EffectiveSettings {
  const leastSpecificFirst = sayings.toSorted(
    (left, right) => SCOPES.indexOf(left.scope) - SCOPES.indexOf(right.scope),
  );
  const channels: Partial<Record<Channel, ChannelRule>> = {};
  const others: Partial<Pick<Saying, 'quietHours' | 'amountThresholds'>> = {};
  for (const saying of leastSpecificFirst) {
    Object.assign(channels, saying.channels);
    if (saying.quietHours !== undefined) {
      others.quietHours = saying.quietHours;
    }
    if (saying.amountThresholds !== undefined) {
      others.amountThresholds = saying.amountThresholds;
    }
  }
  return withDefaults(channels, others, category);
}

/** Adds the defaults to what the scopes say together, and puts required channels above both. */
export function withDefaults(
  channels: Readonly<Partial<Record<Channel, ChannelRule>>>,
  { quietHours = null, amountThresholds = [] }: Partial<Pick<Saying, 'quietHours' | 'amountThresholds'>>,
  category: Category,
): EffectiveSettings {
  const requiredChannels = REQUIRED_NOTICES[category] ?? [];
  const ruleOf = (channel: Channel) =>
    requiredChannels.includes(channel) ? REQUIRED_RULE : (channels[channel] ?? DEFAULT_CHANNELS[channel]);
  return {
    channels: Object.fromEntries(CHANNELS.map((channel) => [channel, ruleOf(channel)])) as Record<Channel, ChannelRule>,
    quietHours,
    amountThresholds,
    requiredChannels,
  };
}

/** The first channel that these rules would mute, weaken or delay although the category is required on it. */
export function mutedRequiredChannel(
  category: Category,
  channels: NotificationSettingsDocument['channels'],
): Channel | undefined {
  return (REQUIRED_NOTICES[category] ?? []).find((channel) => {
    const rule = channels[channel];
    return rule !== undefined && (!rule.enabled || rule.minimumSeverity !== 'info' || rule.digest !== 'immediate');
  });
}
