import { createTestEncryption } from '@finova/db-kit/testing';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type AccountsTestDatabase, openAccountsTestDatabase } from '../../test/accounts-test-database.ts';
import { AccountsRecordNotFoundError, EmailTakenError } from '../errors.ts';
import { CustomerRepository } from './customer-repository.ts';

describe('customers', () => {
  let database: AccountsTestDatabase;
  let customers: CustomerRepository;

  beforeAll(async () => {
    database = await openAccountsTestDatabase();
    customers = new CustomerRepository(database.db, database.encryption);
  });
  afterAll(() => database?.close());

  it('are registered with their identity still to be checked', async () => {
    const registered = await customers.register({
      fullName: 'Ada Lovelace',
      email: 'Ada@Example.com',
      phone: '+441234567890',
    });
    expect(registered).toMatchObject({
      fullName: 'Ada Lovelace',
      email: 'Ada@Example.com',
      kycStatus: 'pending',
      taxId: undefined,
    });
    expect(await customers.findById(registered.id)).toEqual(registered);
  });

  it('have one id, in whichever letters it was written', async () => {
    const id = 'ABCDEF00-0000-7000-8000-00000000000A';
    const registered = await customers.register({ id, fullName: 'Alan Turing', email: 'alan@example.com' });
    expect(registered.id).toBe(id.toLowerCase());
    expect(await customers.findById(id)).toEqual(registered);
  });

  it('are found by e-mail address, however it is capitalised', async () => {
    const registered = await customers.register({ fullName: 'Grace Hopper', email: 'grace@example.com' });
    expect(await customers.findByEmail(' GRACE@example.COM ')).toEqual(registered);
    expect(await customers.findByEmail('nobody@example.com')).toBeUndefined();
  });

  it('cannot share an e-mail address', async () => {
    await customers.register({ fullName: 'First', email: 'shared@example.com' });
    const second = customers.register({ fullName: 'Second', email: 'Shared@example.com' });
    await expect(second).rejects.toThrow(EmailTakenError);
    await expect(second).rejects.not.toThrow(/shared@/i);
  });

  it('leave nothing readable in the database', async () => {
    const { id } = await customers.register({
      fullName: 'Plain Text',
      email: 'plain@example.com',
      phone: '+4930123456',
      taxId: 'TIN-77',
    });
    const { rows } = await sql<{ row: string }>`
      SELECT encode(convert_to(customers::text, 'UTF8'), 'escape') || encode(full_name, 'escape') || encode(email, 'escape')
        || encode(phone, 'escape') || encode(tax_id, 'escape') AS row
      FROM accounts.customers WHERE id = ${id}`.execute(database.db);
    expect(rows[0]?.row).not.toMatch(/Plain Text|plain@|4930123456|TIN-77/);
    expect(rows[0]?.row).toMatch(/FN/);
  });

  it('cannot be read under other keys', async () => {
    const { id } = await customers.register({ fullName: 'Locked', email: 'locked@example.com' });
    const stranger = new CustomerRepository(database.db, await createTestEncryption());
    await expect(stranger.findById(id)).rejects.toThrow(/does not authenticate/);
  });

  it('cannot be read when one’s ciphertext is put into the row of another', async () => {
    const victim = await customers.register({ fullName: 'Victim', email: 'victim@example.com' });
    const thief = await customers.register({ fullName: 'Thief', email: 'thief@example.com' });
    await sql`UPDATE accounts.customers AS target SET full_name = source.full_name FROM accounts.customers AS source
      WHERE target.id = ${thief.id} AND source.id = ${victim.id}`.execute(database.db);
    await expect(customers.findById(thief.id)).rejects.toThrow(/does not authenticate/);
  });

  it('have an identity check that is recorded', async () => {
    const { id } = await customers.register({ fullName: 'Checked', email: 'checked@example.com' });
    await customers.setKycStatus(id, 'verified');
    expect(await customers.findById(id)).toMatchObject({ kycStatus: 'verified' });
    await expect(customers.setKycStatus('0198c0de-0000-7000-8000-000000000000', 'verified')).rejects.toThrow(
      AccountsRecordNotFoundError,
    );
  });

  it.each([
    { fullName: '', email: 'a@example.com' },
    { fullName: 'Half an emoji \ud83d', email: 'a@example.com' },
    { fullName: 'A', email: 'a@example.com', taxId: 'NUL \0' },
    { fullName: 'A', email: 'not an address' },
    { fullName: 'A', email: 'a@example.com', phone: '0049' },
  ])('are refused at the edge when %j', async (input) => {
    await expect(customers.register(input)).rejects.toThrow();
  });
});
