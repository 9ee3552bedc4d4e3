import type { Channel, ScopeSettings } from '../../src/index.ts';

const off = { enabled: false, minimumSeverity: 'info', digest: 'immediate' } as const;
const on = { enabled: true, minimumSeverity: 'info', digest: 'immediate' } as const;
const forWarnings = { enabled: true, minimumSeverity: 'warning', digest: 'immediate' } as const;

/** Settings of customers, and beside each, by hand, on which channels they hear of what. */
export const PROFILES = {
  default: {
    settings: undefined,
    info: ['in_app'],
    notice: ['email', 'in_app', 'push'],
    warning: ['email', 'in_app', 'push'],
  },
  muted: {
    settings: { channels: { email: off, push: off, sms: off, in_app: off } },
    info: [],
    notice: [],
    warning: [],
  },
  threshold: {
    settings: { channels: {}, amountThresholds: [{ currency: 'EUR', minimumMinor: 500n }] },
    info: ['in_app'],
    notice: ['email', 'in_app', 'push'],
    warning: ['email', 'in_app', 'push'],
  },
  digest: {
    settings: { channels: { email: { enabled: true, minimumSeverity: 'notice', digest: 'daily' } } },
    info: ['in_app'],
    notice: ['email', 'in_app', 'push'],
    warning: ['email', 'in_app', 'push'],
  },
  everything: {
    settings: { channels: { email: on, push: on, sms: on, in_app: on } },
    info: ['email', 'in_app', 'push', 'sms'],
    notice: ['email', 'in_app', 'push', 'sms'],
    warning: ['email', 'in_app', 'push', 'sms'],
  },
  warnings: {
    settings: { channels: { email: forWarnings, push: forWarnings, in_app: forWarnings } },
    info: [],
    notice: [],
    warning: ['email', 'in_app', 'push'],
  },
  erased: { settings: undefined, info: [], notice: [], warning: [] },
} as const satisfies Readonly<
  Record<
    string,
    { readonly settings: ScopeSettings | undefined } & Readonly<
      Record<'info' | 'notice' | 'warning', readonly Channel[]>
    >
  >
>;

export type Profile = keyof typeof PROFILES;

/** What the relay starts from. */
export interface RelayModel {
  /** One for each transfer of each transaction. */
  readonly movements: readonly {
    readonly transactionId: string;
    readonly kind: 'posted' | 'pending' | 'post' | 'void' | 'expire' | 'reversal';
    readonly debitAccountId: string;
    readonly creditAccountId: string;
    readonly amountMinor: bigint;
  }[];
  readonly profiles: ReadonlyMap<string, Profile>;
  /** The customers who hold each account. */
  readonly holders: ReadonlyMap<string, ReadonlySet<string>>;
}

const SEVERITY = {
  posted: 'notice',
  post: 'notice',
  pending: 'info',
  void: 'info',
  expire: 'info',
  reversal: 'warning',
} as const;

/** Every notification that has to be there, as one line each, in order: by what happened, and nothing else. */
export function expectedNotifications({ movements, profiles, holders }: RelayModel): readonly string[] {
  const changes = new Map<
    string,
    { transactionId: string; kind: keyof typeof SEVERITY; account: string; net: bigint }
  >();
  for (const { transactionId, kind, debitAccountId, creditAccountId, amountMinor } of movements) {
    for (const [account, amount] of [
      [debitAccountId, -amountMinor],
      [creditAccountId, amountMinor],
    ] as const) {
      const key = `${transactionId} ${account}`;
      changes.set(key, { transactionId, kind, account, net: (changes.get(key)?.net ?? 0n) + amount });
    }
  }
  const lines: string[] = [];
  for (const { transactionId, kind, account, net } of changes.values()) {
    const isHold = kind === 'pending' || kind === 'void' || kind === 'expire';
    if (net === 0n || (isHold && net > 0n)) {
      continue;
    }
    const amount = net < 0n ? -net : net;
    for (const userId of holders.get(account) ?? []) {
      const profile = profiles.get(userId) ?? 'default';
      if (profile === 'threshold' && amount < 500n) {
        continue;
      }
      for (const channel of PROFILES[profile][SEVERITY[kind]]) {
        const status = profile === 'digest' && channel === 'email' ? 'gathered' : 'queued';
        const event = `transaction.${kind}/${transactionId}/${account}`;
        lines.push([userId, event, channel, status, amount, net > 0n ? 'credit' : 'debit'].join(' '));
      }
    }
  }
  return lines.sort();
}
