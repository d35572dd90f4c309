"""How sure a share is: a count of few says little, and a table that hides it flatters."""

from __future__ import annotations

from math import sqrt

Z_95 = 1.959963984540054
"""Standard normal quantile at 97.5 %."""


def wilson(hits: int, n: int) -> tuple[float, float]:
    """95 % interval of the share of which `hits` out of `n` were seen (Wilson 1927), inside [0, 1].

    Unlike the textbook interval it holds at 0 and `n` hits and for small n. Nothing seen (n = 0) says
    nothing: (0, 1). Raises ValueError where `hits` is not between 0 and `n`.
    """
    if not 0 <= hits <= n:
        raise ValueError(f"{hits} hits of {n}")
    if n == 0:
        return 0.0, 1.0
    share, weight = hits / n, Z_95**2 / n
    centre = share + weight / 2
    spread = Z_95 * sqrt(share * (1 - share) / n + weight / (4 * n))
    low, high = (centre - spread) / (1 + weight), (centre + spread) / (1 + weight)
    return (0.0 if hits == 0 else low), (1.0 if hits == n else high)
