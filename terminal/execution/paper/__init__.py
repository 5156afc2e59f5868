"""A paper exchange: replayed bars, an order book among its accounts, a log that is its truth.

`tape` is the market, `values` what it holds, `pricing` what a fill costs, `margin` what an account
may do, `matching` which orders a bar fills, `exchange` the commands, `state` how a record of the
log changes what it holds, `journal` the log itself, `wire` Alpaca's words for it. Only the journal
touches a file; nothing here knows HTTP. The process is `workers/paper_exchange`.
"""
