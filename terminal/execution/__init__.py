"""The trading room: one ledger, orders and their states, brokers, live sessions, limits."""
