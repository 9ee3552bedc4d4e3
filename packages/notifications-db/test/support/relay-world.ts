import { AccountRepository, type AccountsDatabase, CustomerRepository, makeIban } from '@finova/accounts-db';
import type { FieldEncryption } from '@finova/db-kit/encryption';
import { createMongoClient, typedCollection } from '@finova/db-kit/mongodb';
import { createPostgresDatabase } from '@finova/db-kit/postgres';
import { LedgerRepository, type TransactionsDatabase } from '@finova/transactions-db';
import { type Kysely, sql } from 'kysely';
import type { Db } from 'mongodb';
import {
  ErasureRepository,
  NotificationSettingsRepository,
  notifications,
  type RelayDatabases,
} from '../../src/index.ts';
import { PROFILES, type Profile, type RelayModel } from './relay-model.ts';

/** Where a world's databases are, all migrated. */
interface RelayWorldPlaces {
  readonly ledgerUrl: string;
  readonly mongoUrl: string;
  readonly preferencesName: string;
  readonly notificationsName: string;
  readonly encryption: FieldEncryption;
}

/** Customers, their accounts and what they want to hear, for relays to carry messages between real databases. */
export class RelayWorld {
  readonly ledgerDb: Kysely<AccountsDatabase & TransactionsDatabase>;
  /** The same, as the ledger alone sees it. */
  readonly transactionsDb: Kysely<TransactionsDatabase>;
  readonly ledger: LedgerRepository;
  readonly accounts: AccountRepository;
  readonly customers: CustomerRepository;
  readonly preferences: Db;
  readonly notifications: Db;
  readonly settings: NotificationSettingsRepository;
  readonly erasures: ErasureRepository;
  /** Who is told what, for the model. */
  readonly model: { profiles: Map<string, Profile>; holders: Map<string, Set<string>> } = {
    profiles: new Map(),
    holders: new Map(),
  };
  /** The bank's own account in EUR: without limit, where money comes from. */
  clearing = '';
  readonly #client;
  #made = 0;

  private constructor(places: RelayWorldPlaces) {
    this.ledgerDb = createPostgresDatabase({
      url: places.ledgerUrl,
      applicationName: 'relay tests',
      maxConnections: 16,
      // As in production: while a batch is written, its transaction waits.
      idleInTransactionTimeoutMs: 60_000,
    });
    this.#client = createMongoClient({ url: places.mongoUrl, applicationName: 'relay tests' });
    this.transactionsDb = this.ledgerDb;
    this.ledger = new LedgerRepository(this.ledgerDb);
    this.accounts = new AccountRepository(this.ledgerDb, places.encryption);
    this.customers = new CustomerRepository(this.ledgerDb, places.encryption);
    this.preferences = this.#client.db(places.preferencesName);
    this.notifications = this.#client.db(places.notificationsName);
    this.settings = new NotificationSettingsRepository(this.notifications);
    this.erasures = new ErasureRepository(this.notifications);
  }

  static async open(places: RelayWorldPlaces): Promise<RelayWorld> {
    const world = new RelayWorld(places);
    const clearing = await world.accounts.openInternal({ currency: 'EUR', name: 'Clearing', normalSide: 'debit' });
    world.clearing = clearing.id;
    return world;
  }

  get databases(): RelayDatabases {
    return { ledger: this.ledgerDb, preferences: this.preferences, notifications: this.notifications };
  }

  /** A customer who wants to hear what the profile says. */
  async customer(profile: Profile = 'default'): Promise<string> {
    this.#made += 1;
    const { id } = await this.customers.register({ fullName: 'Ada Lovelace', email: `ada${this.#made}@example.com` });
    this.model.profiles.set(id, profile);
    const settings = PROFILES[profile].settings;
    if (settings !== undefined) {
      await this.settings.put({ userId: id, scope: 'global' }, settings);
    }
    if (profile === 'erased') {
      await this.erasures.erase(id);
    }
    return id;
  }

  /** An account of these customers, with money on it that nobody is told of. */
  async account(holderIds: readonly string[], { currency = 'EUR', name = 'Current account' } = {}): Promise<string> {
    this.#made += 1;
    const { id } = await this.accounts.open({
      currency,
      iban: makeIban('DE', `37040044${String(this.#made).padStart(10, '0')}`),
      name,
      cashAccountType: 'CACC',
      overdraftLimitMinor: 1_000_000_000n,
      holders: holderIds.map((customerId, index) => ({
        customerId,
        role: index === 0 ? 'owner' : 'co_owner',
        from: '2026-01-01',
      })),
    });
    this.model.holders.set(id, new Set(holderIds));
    return id;
  }

  /** Ends a customer's hold of an account with yesterday. */
  async endHolder(accountId: string, customerId: string): Promise<void> {
    await sql`
      UPDATE accounts.account_holders SET validity = daterange(lower(validity), current_date)
      WHERE account_id = ${accountId} AND customer_id = ${customerId}`.execute(this.ledgerDb);
    this.model.holders.get(accountId)?.delete(customerId);
  }

  nextKey(): { readonly scope: string; readonly key: string } {
    this.#made += 1;
    return { scope: 'relay tests', key: String(this.#made) };
  }

  transfer(debitAccountId: string, creditAccountId: string, amountMinor: bigint, currency = 'EUR') {
    return { debitAccountId, creditAccountId, currency, amountMinor };
  }

  async post(debitAccountId: string, creditAccountId: string, amountMinor: bigint): Promise<string> {
    const transfers = [this.transfer(debitAccountId, creditAccountId, amountMinor)];
    return (await this.ledger.post(this.nextKey(), { transfers })).transactionId;
  }

  /** What the ledger's tables say happened, for the model; the outbox is not asked. */
  async movements(): Promise<RelayModel['movements']> {
    const { rows } = await sql<RelayModel['movements'][number]>`
      SELECT made.id AS "transactionId", made.kind, debit_account_id AS "debitAccountId",
        credit_account_id AS "creditAccountId", amount_minor AS "amountMinor"
      FROM transactions.transactions AS made
      LEFT JOIN transactions.pending_resolutions ON resolution_transaction_id = made.id AND kind <> 'post'
      JOIN transactions.transfers ON transaction_id IN (made.id, pending_transaction_id)`.execute(this.ledgerDb);
    return rows;
  }

  /** Every stored notification as one line, in the form of the model, in order. */
  async stored(): Promise<readonly string[]> {
    const documents = await typedCollection(this.notifications, notifications).find().toArray();
    return documents
      .map(({ userId, eventId, channel, status, amount, data }) =>
        [userId, eventId, channel, status, amount?.amountMinor, data['side']].join(' '),
      )
      .sort();
  }

  /** How many messages of the outbox a consumer has not passed. */
  async messagesLeft(consumer = 'notifications'): Promise<number> {
    return (await this.waitingTransactions(consumer)).length;
  }

  /** The transactions that these messages tell about. */
  async waitingTransactions(consumer = 'notifications'): Promise<readonly string[]> {
    const { rows } = await sql<{ key: string }>`
      SELECT key FROM transactions.outbox AS message
      WHERE NOT EXISTS (
        SELECT FROM transactions.outbox_consumers AS done
        WHERE consumer = ${consumer} AND (message.writer, message.position) <= (done.writer, done.position))`.execute(
      this.ledgerDb,
    );
    return rows.map(({ key }) => key);
  }

  async close(): Promise<void> {
    await this.ledgerDb.destroy();
    await this.#client.close();
  }
}
