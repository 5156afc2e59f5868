"""Names of the rows and columns of the kernel's arrays."""

from __future__ import annotations

# prices: float64 (2, 5 or 6, n_bars, n_instruments); NaN where there is no bar. Where a source has
# closes only, open, high and low are the close. The last three only where something reads them.
OPEN, CLOSE, HIGH, LOW, VOLUME, FIRST = range(6)
# FIRST, only where bars may open rows before they close: the bar's open in the row of its close,
# where there is no OPEN to trade at

# liquidity: float64 (4, n_bars, n_instruments), each known before bar t opens; or one cell when no
# cost asks for it
HALF_SPREAD_AT, SIGMA_AT, ADV_AT, CLOCK_AT = range(4)
# half spread as a fraction of the price; standard deviation of a session's return; mean units
# traded in a session; time-of-day multiplier of slippage and impact

# state: float64 (15, n_instruments)
(
    UNITS,  # held, negative when short
    MARK,  # last known close
    WANTED,  # units an open order wants to hold
    PENDING,  # 0 none, else 1 + the kind of fill it will be
    ACTED,  # target last acted on
    STATED,  # 1 where the last decision was a target
    BLOCKED,  # side that an exit has closed until the strategy lets go of it; 0 none
    ENTRY,  # mean price paid for the units held
    BEST,  # best price since the position was opened, from bars before this one
    OPENED,  # bar at which the position was opened
    LEFT,  # units that may still be traded in this bar
    CHANGE,  # scratch: what an order is to do in this round
    LAST_BAR,  # row of the last bar
    CUT,  # 1 where volume left a part of the order for the next bar
    READY,  # scratch: the columns whose orders can fill in this bar, from the left
) = range(15)
N_STATE = 15

# book: float64 (19,)
(
    CASH,
    EQUITY,
    GROSS,
    NET,
    SHORT,  # value of what is sold short, > 0
    TRADED,  # from here on: sums of this bar
    COMMISSION,
    SPREAD,
    SLIPPAGE,
    IMPACT,
    BORROW,
    INTEREST,
    DIVIDENDS,
    N_FILLS,  # rows of fills that are taken
    WAITING,  # 0: no order waits
    MISSING,  # 1: an instrument had no close in this bar
    MONTH_UNITS,  # units traded since the month began, for tiered commission
    N_SEEN,  # orders that have been looked at
    N_WORKING,  # entries of the list of working orders
) = range(19)
N_BOOK = 19
BAR_SUMS = (TRADED, DIVIDENDS + 1)

# curve: float64 (n_bars, 12): the book at each close, CASH to DIVIDENDS without SHORT
CURVE = (EQUITY, CASH, GROSS, NET, TRADED, COMMISSION, SPREAD, SLIPPAGE, IMPACT, BORROW, INTEREST,
         DIVIDENDS)  # fmt: skip

# fills: float64 (n, 11)
(
    FILL_BAR,
    FILL_COLUMN,
    FILL_QUANTITY,
    FILL_PRICE,
    FILL_REFERENCE,
    FILL_COMMISSION,  # with the fees of exchange and regulator
    FILL_SPREAD,
    FILL_SLIPPAGE,
    FILL_IMPACT,
    FILL_KIND,
    FILL_ORDER,  # row of the order, -1 for target weights
) = range(11)
N_FILL = 11

# orders: float64 (n, 18), a row each as they were submitted, the children of a bracket behind it
(
    ORDER_BAR,  # decided at the close of this bar, at work from the next
    ORDER_COLUMN,
    ORDER_LEFT,  # signed units still to fill
    ORDER_TYPE,
    ORDER_LIMIT,  # prices in units of the instrument at the current bar; NaN where there is none
    ORDER_STOP,
    ORDER_TRAIL,  # distance of a trailing stop, in ...
    ORDER_TRAIL_UNIT,  # ... these
    ORDER_DAY,  # 1: ends with the session
    ORDER_GROUP,  # of which one only may fill; -1 none
    ORDER_CHILDREN,  # how many rows that follow wake up when this one fills
    ORDER_IS_CHILD,
    ORDER_REDUCES,  # 1: never opens or adds
    ORDER_STATUS,
    ORDER_BEST,  # best price a trailing stop has seen, from bars before this one
    ORDER_TRIGGERED,  # bar in which a stop-limit became a limit; -1 not yet
    ORDER_WOKEN,  # bar within which a child woke up; -1: at work since the open
    ORDER_FROM,  # price at which it woke
) = range(18)
N_ORDER = 18

# as strategies.orders names them, in that order
MARKET, LIMIT, STOP, STOP_LIMIT, TRAILING, AT_OPEN, AT_CLOSE = range(7)
BY_AMOUNT, BY_SHARE, BY_ATR = range(3)
SUBMITTED, WORKING, FILLED, CANCELLED, EXPIRED, REJECTED = range(6)

# kinds of fill
(
    BY_ORDER,
    DELISTED,
    BANKRUPT,
    CASH_IN_LIEU,
    STOP_LOSS,
    TAKE_PROFIT,
    TRAILING_STOP,
    TIME_EXIT,
    MARGIN_CALL,
) = range(9)
REASONS = (
    "order",
    "delisted",
    "bankrupt",
    "cash in lieu",
    "stop loss",
    "take profit",
    "trailing stop",
    "time exit",
    "margin call",
)

# rates: float64 (24,): what the account pays and what it may do
(
    PER_SHARE,
    COMMISSION_RATE,
    MINIMUM,
    SELL_RATE,  # regulator's fee on the notional of sales
    SELL_PER_SHARE,  # and on their units ...
    SELL_MAXIMUM,  # ... at most, a fill
    HALF_SPREAD,
    SLIPPAGE_RATE,
    SLIPPAGE_OF_SIGMA,
    SLIPPAGE_OF_VOLUME,
    IMPACT_ROOT,
    IMPACT_PERMANENT,
    IMPACT_TEMPORARY,
    IMPACT_EXPONENT,
    BORROW_RATE,
    CASH_RATE,
    DEBIT_RATE,
    LEVERAGE,
    MAINTENANCE,
    LOT,
    PARTICIPATION,
    USES_LIQUIDITY,
    LONG_ONLY,  # 1: no order sells more than is held
    WHILE_CLOSED,  # 1: a target counts also in a row in which its instrument has no close
) = range(24)
N_RATES = 24

# exits: float64 (6,); 0 switches one off
STOP_AT, TARGET_AT, TRAIL_AT, STOP_ATR, TRAIL_ATR, LONGEST = range(6)

DUST = 1e-9  # a smaller share of a position is rounding, not an order
ROUNDING = 1e-12  # targets nearer to each other than this are the same decision
PRECISION = 1e-10  # share of buying power that the sum of what it pays for may be off by
WORST = 0.99  # a sale never costs more than this share of its price
