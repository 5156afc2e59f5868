"""What a portfolio holds and what it earned: transactions, values by day, returns, contribution.

A portfolio is an account of the ledger or a file of transactions; both become a list of
`Activity`, and every number on the page follows from that list and from prices.
"""
