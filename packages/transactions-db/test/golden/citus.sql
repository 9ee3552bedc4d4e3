SELECT create_reference_table('transactions.retired_months');
SELECT create_distributed_table('transactions.balances', 'account_id', colocate_with => 'none');
SELECT create_distributed_table('transactions.transactions', 'id', colocate_with => 'none');
SELECT create_distributed_table('transactions.idempotency_keys', 'key', colocate_with => 'none');
SELECT create_distributed_table('transactions.entries', 'account_id', colocate_with => 'transactions.balances');
SELECT create_distributed_table('transactions.balance_snapshots', 'account_id', colocate_with => 'transactions.balances');
SELECT create_distributed_table('transactions.transfers', 'transaction_id', colocate_with => 'transactions.transactions');
SELECT create_distributed_table('transactions.pending_expiries', 'pending_transaction_id', colocate_with => 'transactions.transactions');
SELECT create_distributed_table('transactions.pending_resolutions', 'pending_transaction_id', colocate_with => 'transactions.transactions');
SELECT create_distributed_table('transactions.reversals', 'reversed_transaction_id', colocate_with => 'transactions.transactions');
-- transactions.outbox stays on the coordinator: it is read in the order of one server’s transaction numbers
-- transactions.outbox_consumers stays on the coordinator: it says how far the outbox beside it was read
-- transactions.outbox_set_aside stays on the coordinator: it keeps messages of the outbox beside it
