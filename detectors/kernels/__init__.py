"""Sequential numba kernels: rows in order in, numbers as of each row out. No fastmath, no parallel, no hidden
state.
"""
