"""What a payer gets back in the transaction that takes from it, as far as it means something."""

from __future__ import annotations

import numpy as np

from detectors.memory.layout import Array
from detectors.parts.contract import Kind, Seen
from detectors.parts.people import whole

_PART = 20
"""Of the same asset a twentieth counts: less of it leaves a wallet emptied all the same."""


def without_returns(seen: Seen, lines: Array) -> Array:
    """Those of some lines of `holdings`' `known` whose payer gets nothing back in the transaction.

    Anybody can send something worthless along, whoever signed. So it must be of the same asset; or a deposit
    of the wrapped coin that this very payment wraps, as logs alone can tell of any; or something else that
    matters to the payer.
    """
    if not lines.size:
        return lines
    known = seen.of("holdings")["known"]
    which = known["row"] - int(seen.rows["number"][0])
    sent, payee = seen.rows["transaction"][which], seen.rows["target"][which]
    kept = [not _returned(seen, known["to_matters"], which, sent, payee, line) for line in lines.tolist()]
    found: Array = lines[np.array(kept)]
    return found


def _returned(seen: Seen, matters: Array, which: Array, sent: Array, payee: Array, line: int) -> bool:
    """Whether the payer of a line gets something back that means something."""
    rows, own = seen.rows, which[line]
    begin, end = np.searchsorted(sent, sent[line], "left"), np.searchsorted(sent, sent[line], "right")
    back = begin + np.flatnonzero(payee[begin:end] == rows["source"][own])
    paid = whole(rows["amount"][own : own + 1])[0]
    for other, amount in zip(back.tolist(), whole(rows["amount"][which[back]]), strict=True):
        at = which[other]
        made = rows["kind"][at] == Kind.WETH_DEPOSIT
        wraps = made and rows["asset"][own] == 0 and rows["target"][own] == rows["asset"][at]
        same = rows["asset"][at] == rows["asset"][own] or wraps
        if (same and _PART * amount >= paid) or (not made and not same and matters[other] == 1):
            return True
    return False
