"""AlphaTrade Terminal's domain: data, strategies, backtests, jobs and accounts.

Nothing here imports Dash, Flask or Celery; the pages and the workers are thin callers.
"""

__version__ = "0.1.0"
