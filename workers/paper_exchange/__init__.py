"""The paper exchange's process: `python -m workers.paper_exchange`.

REST and WebSocket in Alpaca's protocol, so that its official client works unchanged, and control
endpoints of our own. One thread holds the exchange; what a command did is on the disk before it is
answered. The market is loaded when somebody first asks for it.
"""
