"""A live session: a strategy on a schedule of closed bars, through the account's ledger."""
