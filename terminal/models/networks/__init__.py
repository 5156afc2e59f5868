"""Networks over a window of past bars: LSTM with attention, causal Transformer."""
