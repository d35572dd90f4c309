"""Addresses that are taken for another one: people look at both ends of an address."""

from __future__ import annotations

from collections.abc import Iterable

BEGIN, END = 3, 4
"""Hex digits that are the same: what wallets and explorers show of an address. By chance one address of 268
million has these.
"""


def alike(met: Iterable[str]) -> dict[str, str]:
    """Of addresses (lower-case 0x-hex) in the order in which they were met, those that look like one that was
    met before, with that one: whoever imitates comes later, whatever a forged event says of payments to him.
    """
    ends: dict[str, str] = {}
    first = ((address, ends.setdefault(_ends(address), address)) for address in met)
    return {address: genuine for address, genuine in first if address != genuine}


def _ends(address: str) -> str:
    return address[2 : 2 + BEGIN] + address[-END:]
