"""The same indicators with packages that others wrote; run by `features.py`.

    python benchmarks/features_peers.py PEER DATA.npz ROUNDS

PEER is pandas_ta_classic (in an environment of its own) or talib. Prints JSON: the least processor
seconds of each indicator, what failed, and the version.
"""

from __future__ import annotations

import json
import sys
import time
import warnings
from collections.abc import Callable
from importlib.metadata import version
from typing import Any

import numpy as np

Data = dict[str, np.ndarray]
Work = dict[str, Callable[[], Any]]


def pandas_ta_classic(data: Data) -> Work:
    """By slug of our feature: the package's function of the same name and windows."""
    import pandas as pd
    import pandas_ta_classic as ta

    index = pd.DatetimeIndex(data["ts"])
    o, h, l, c, v = (  # noqa: E741
        pd.Series(data[name], index=index) for name in ("open", "high", "low", "close", "volume")
    )
    return {
        "sma-gap": lambda: ta.sma(c, 20),
        "ema-gap": lambda: ta.ema(c, 20),
        "wma-gap": lambda: ta.wma(c, 20),
        "dema-gap": lambda: ta.dema(c, 20),
        "tema-gap": lambda: ta.tema(c, 20),
        "trima-gap": lambda: ta.trima(c, 20),
        "kama-gap": lambda: ta.kama(c, 14),
        "t3-gap": lambda: ta.t3(c, 5),
        "hma-gap": lambda: ta.hma(c, 20),
        "macd": lambda: ta.macd(c),
        "adx": lambda: ta.adx(h, l, c),
        "aroon-oscillator": lambda: ta.aroon(h, l),
        "regression-slope": lambda: ta.slope(c, 20),
        "regression-gap": lambda: ta.linreg(c, 20),
        "supertrend-gap": lambda: ta.supertrend(h, l, c, 10, 3.0),
        "parabolic-gap": lambda: ta.psar(h, l, c),
        "ichimoku-cloud": lambda: ta.ichimoku(h, l, c, lookahead=False),
        "vortex": lambda: ta.vortex(h, l, c),
        "efficiency": lambda: ta.er(c, 14),
        "choppiness": lambda: ta.chop(h, l, c),
        "log-return": lambda: ta.log_return(c),
        "roc": lambda: ta.roc(c, 10),
        "momentum-atr": lambda: ta.mom(c, 10),
        "rsi": lambda: ta.rsi(c, 14),
        "stoch-k": lambda: ta.stoch(h, l, c),
        "stoch-rsi": lambda: ta.stochrsi(c),
        "williams-r": lambda: ta.willr(h, l, c),
        "cci": lambda: ta.cci(h, l, c, 20),
        "cmo": lambda: ta.cmo(c, 14),
        "ultimate": lambda: ta.uo(h, l, c),
        "tsi": lambda: ta.tsi(c),
        "trix": lambda: ta.trix(c, 14),
        "kst": lambda: ta.kst(c),
        "awesome": lambda: ta.ao(h, l),
        "balance-of-power": lambda: ta.bop(o, h, l, c),
        "elder-bull": lambda: ta.eri(h, l, c, 14),
        "fisher": lambda: ta.fisher(h, l, 10),
        "qstick": lambda: ta.qstick(o, c, 10),
        "natr": lambda: ta.natr(h, l, c),
        "true-range": lambda: ta.true_range(h, l, c),
        "realised": lambda: ta.stdev(c, 20),
        "skewness": lambda: ta.skew(c, 63),
        "kurtosis": lambda: ta.kurtosis(c, 63),
        "ulcer": lambda: ta.ui(c),
        "mass-index": lambda: ta.massi(h, l),
        "bollinger-place": lambda: ta.bbands(c, 20),
        "keltner-place": lambda: ta.kc(h, l, c),
        "donchian-place": lambda: ta.donchian(h, l, lower_length=20, upper_length=20),
        "squeeze": lambda: ta.squeeze(h, l, c),
        "volume-trend": lambda: ta.pvo(v),
        "on-balance": lambda: ta.obv(c, v),
        "money-flow": lambda: ta.cmf(h, l, c, v),
        "chaikin-oscillator": lambda: ta.adosc(h, l, c, v),
        "money-flow-index": lambda: ta.mfi(h, l, c, v),
        "force-index": lambda: ta.efi(c, v),
        "ease-of-movement": lambda: ta.eom(h, l, c, v),
        "price-volume-trend": lambda: ta.pvt(c, v),
        "vwma-gap": lambda: ta.vwma(c, v, 20),
        "vwap-gap": lambda: ta.vwap(h, l, c, v),
        "price-zscore": lambda: ta.zscore(c, 63),
    }


def talib(data: Data) -> Work:
    """TA-Lib's own loops in C, called from Python."""
    import talib as ta

    o, h, l, c, v = (data[name] for name in ("open", "high", "low", "close", "volume"))  # noqa: E741
    return {
        "sma-gap": lambda: ta.SMA(c, 20),
        "ema-gap": lambda: ta.EMA(c, 20),
        "wma-gap": lambda: ta.WMA(c, 20),
        "dema-gap": lambda: ta.DEMA(c, 20),
        "tema-gap": lambda: ta.TEMA(c, 20),
        "trima-gap": lambda: ta.TRIMA(c, 20),
        "kama-gap": lambda: ta.KAMA(c, 14),
        "t3-gap": lambda: ta.T3(c, 5),
        "hma-gap": lambda: ta.HMA(c, 20),
        "macd": lambda: ta.MACD(c),
        "adx": lambda: ta.ADX(h, l, c),
        "aroon-oscillator": lambda: ta.AROONOSC(h, l),
        "regression-slope": lambda: ta.LINEARREG_SLOPE(c, 20),
        "regression-gap": lambda: ta.LINEARREG(c, 20),
        "supertrend-gap": lambda: ta.SUPERTREND(h, l, c, 10, 3.0),
        "parabolic-gap": lambda: ta.SAR(h, l),
        "vortex": lambda: ta.VORTEX(h, l, c),
        "efficiency": lambda: ta.ER(c, 14),
        "roc": lambda: ta.ROC(c, 10),
        "momentum-atr": lambda: ta.MOM(c, 10),
        "rsi": lambda: ta.RSI(c, 14),
        "stoch-k": lambda: ta.STOCH(h, l, c, 14, 3, 0, 3, 0),
        "stoch-rsi": lambda: ta.STOCHRSI(c, 14, 14, 3, 0),
        "williams-r": lambda: ta.WILLR(h, l, c),
        "cci": lambda: ta.CCI(h, l, c, 20),
        "cmo": lambda: ta.CMO(c, 14),
        "ultimate": lambda: ta.ULTOSC(h, l, c),
        "tsi": lambda: ta.TSI(c, 25, 13),
        "trix": lambda: ta.TRIX(c, 14),
        "awesome": lambda: ta.AO(h, l),
        "balance-of-power": lambda: ta.BOP(o, h, l, c),
        "natr": lambda: ta.NATR(h, l, c),
        "true-range": lambda: ta.TRANGE(h, l, c),
        "realised": lambda: ta.STDDEV(c, 20),
        "mass-index": lambda: ta.MASSI(h, l),
        "bollinger-place": lambda: ta.BBANDS(c, 20, 2.0, 2.0),
        "money-flow": lambda: ta.CMF(h, l, c, v, 20),
        "chaikin-oscillator": lambda: ta.ADOSC(h, l, c, v),
        "money-flow-index": lambda: ta.MFI(h, l, c, v),
        "vwma-gap": lambda: ta.VWMA(c, v, 20),
    }


def main() -> None:
    warnings.simplefilter("ignore")
    peer, path, rounds = sys.argv[1], sys.argv[2], int(sys.argv[3])
    data = dict(np.load(path, allow_pickle=False))
    work = {"pandas_ta_classic": pandas_ta_classic, "talib": talib}[peer](data)
    seconds: dict[str, float] = {}
    failed: dict[str, str] = {}
    for name, run in work.items():
        try:
            run()  # imports and compilers
            times = []
            for _ in range(rounds):
                begin = time.process_time()
                run()
                times.append(time.process_time() - begin)
            seconds[name] = min(times)
        except Exception as error:  # noqa: BLE001
            failed[name] = f"{type(error).__name__}: {error}"[:80]
    package = {"pandas_ta_classic": "pandas-ta-classic", "talib": "TA-Lib"}[peer]
    print(json.dumps({"seconds": seconds, "failed": failed, "version": version(package)}))


if __name__ == "__main__":
    main()
