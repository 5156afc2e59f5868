"""Numbers that were published, typed in: inputs and answers.

Covariances are given by their lower triangles, rows end with a semicolon.
"""

from __future__ import annotations

import numpy as np

from terminal.market.panel import FloatArray


def symmetric(lower: str) -> FloatArray:
    """A matrix from the rows of its lower triangle."""
    rows = [[float(x) for x in row.split()] for row in lower.strip().split(";")]
    out = np.zeros((len(rows), len(rows)))
    for k, row in enumerate(rows):
        out[k, : k + 1] = row
        out[: k + 1, k] = row
    return out


def by_correlation(volatility: list[float], correlation: FloatArray) -> FloatArray:
    """Covariance."""
    return np.outer(volatility, volatility) * correlation


# Lopez de Prado (2016), Building diversified portfolios that outperform out of sample, exhibit 4
# and the numerical example's weights, in percent.
HRP_COVARIANCE = symmetric("""
1.0006478;
-0.0030505 1.0090213;
0.0100332 0.0086138 1.0007394;
-0.0107597 0.0073345 -0.0006379 1.0118547;
-0.0050365 -0.0094927 0.0017833 0.0057600 1.0058359;
0.0087626 0.0130318 1.0015748 0.0009058 0.0056063 1.0643098;
0.9982016 -0.0094207 0.0063854 -0.0119123 -0.0096433 0.0044140 1.0581720;
-0.0013932 -0.0153462 0.0019223 0.0004619 1.0085674 0.0057801 -0.0067554 1.0748332;
-0.0012545 1.0105200 0.0129020 0.0125727 -0.0061830 0.0171854 -0.0080992 -0.0119035 1.0753467;
-0.0093660 1.0133348 0.0079979 0.0096217 -0.0079428 0.0116013 -0.0162403 -0.0137384 1.0152201
  1.0785867
""")
HRP_WEIGHTS = [7.0, 7.59, 10.84, 19.03, 9.72, 10.19, 6.62, 9.1, 7.12, 12.79]
HRP_ORDER = [9, 2, 10, 1, 7, 3, 6, 4, 5, 8]

# Bailey and Lopez de Prado (2013), An open-source implementation of the critical-line algorithm,
# table 1 (bounds 0 to 1) and the returns and deviations of table 2.
CLA_MEAN = np.array([1.175, 1.19, 0.396, 1.12, 0.346, 0.679, 0.089, 0.73, 0.481, 1.08])
CLA_COVARIANCE = symmetric("""
0.40755159;
0.03175842 0.90630470;
0.05183923 0.03136385 0.19490901;
0.05663904 0.02687256 0.04408485 0.19528471;
0.03302260 0.01917172 0.03006772 0.02777345 0.34059105;
0.00827775 0.00934384 0.01322738 0.00526665 0.00777055 0.15983874;
0.02165938 0.02495043 0.03525971 0.01375808 0.02067844 0.02105575 0.68056711;
0.01332419 0.00761036 0.01154930 0.00780878 0.00736409 0.00518686 0.01377882 0.95526918;
0.03434760 0.02874874 0.04275630 0.02914176 0.02542657 0.01723737 0.04627027 0.01065530
  0.31681584;
0.02249903 0.01336866 0.02057303 0.01640377 0.01284075 0.00723779 0.01926088 0.00760955
  0.01854318 0.11079287
""")
CLA_RETURNS = [
    1.19,
    1.180259,
    1.160056,
    1.111262,
    1.10836,
    1.022484,
    1.015306,
    0.97272,
    0.949937,
    0.803215,
]
CLA_RISKS = [
    0.952,
    0.545657,
    0.417256,
    0.26672,
    0.265017,
    0.22968,
    0.227983,
    0.219555,
    0.216025,
    0.205238,
]

# He and Litterman (1999), The intuition behind Black-Litterman model portfolios, tables 1 and 2,
# and the columns of tables 4 and 5, in percent.
HL_ASSETS = ("Australia", "Canada", "France", "Germany", "Japan", "UK", "USA")
HL_VOLATILITY = [0.160, 0.203, 0.248, 0.271, 0.210, 0.200, 0.187]
HL_MARKET = np.array([0.016, 0.022, 0.052, 0.055, 0.116, 0.124, 0.615])
HL_CORRELATION = symmetric("""
1.000;
0.488 1.000;
0.478 0.664 1.000;
0.515 0.655 0.861 1.000;
0.439 0.310 0.355 0.354 1.000;
0.512 0.608 0.783 0.777 0.405 1.000;
0.491 0.779 0.668 0.653 0.306 0.652 1.000
""")
HL_GERMANY = [0.0, 0.0, -0.295, 1.0, 0.0, -0.705, 0.0]
HL_CANADA = [0.0, 1.0, 0.0, 0.0, 0.0, 0.0, -1.0]
HL_TABLE_4 = [[4.3, 7.6, 9.3, 11.0, 4.5, 7.0, 8.1], [1.5, 2.1, -4.0, 35.4, 11.0, -9.5, 58.6]]
HL_TABLE_5 = [[4.4, 8.7, 9.5, 11.2, 4.6, 7.0, 7.5], [1.5, 41.9, -3.4, 33.6, 11.0, -8.2, 18.8]]

# Maillard, Roncalli and Teiletche (2010), The properties of equally weighted risk contribution
# portfolios, section 3.4: four instruments, in percent.
MRT_VOLATILITY = [0.1, 0.2, 0.3, 0.4]
MRT_CORRELATION = symmetric("""
1;
0.8 1;
0 0 1;
0 0 -0.5 1
""")
MRT_EQUAL_RISK = [38.4, 19.2, 24.3, 18.2]
MRT_LEAST_VARIANCE = [74.5, 0.0, 15.2, 10.3]
