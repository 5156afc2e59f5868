"""Where a run's profit came from: who, when, in which market, against which benchmark.

Money is in the account's currency and net of costs unless a name says otherwise; every split adds
up to what the account earned.
"""
