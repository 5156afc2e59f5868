"""Compiled loops of features: one step per bar, with everything a later bar needs in `state`.

Every kernel takes float64 (k, n) arrays, C-contiguous: k instruments, n bars, oldest first, and a
`state` float64 (k, s) of zeros at the start. A whole history is one call with n bars; a live bar is
one call with n = 1 and the state kept. Both run the same machine code in the same order, so they
agree bit for bit. A value that is not finite is skipped: it gives NaN and leaves the state alone,
so windows count known values. The plain Python twin of a kernel is its `py_func`.
"""
