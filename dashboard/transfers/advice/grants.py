"""Which allowances of an owner stand, by the events that gave them and took them back."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import polars as pl

UNLIMITED = 2**96
"""Token units from which on an allowance is as good as unlimited: no token has so many that are in use."""


@dataclass(frozen=True, slots=True)
class Grant:
    """What a spender may take of an owner. `amount` is in token units, None for single items and whole
    collections (`standard` erc721, for_all); `token_id` of a single item. What was spent of it since is not
    said by any event.
    """

    token: str
    spender: str
    standard: str
    amount: int | None
    token_id: str | None
    block_number: int

    @property
    def is_unlimited(self) -> bool:
        return self.standard == "for_all" or (self.amount is not None and self.amount >= UNLIMITED)


def standing(approvals: pl.DataFrame, owner: bytes, now: int) -> tuple[Grant, ...]:
    """Of `approvals` (shape: `schema.APPROVALS`, in order of the chain) those of an owner that stand at
    `now`, seconds UTC, the newest first. A later one of the same spender and token takes the place of an
    earlier one; an item has one spender at a time, so that a later one takes it from the one before.
    """
    last: dict[tuple[object, ...], dict[str, object]] = {}
    for row in approvals.filter(pl.col("owner") == owner).iter_rows(named=True):
        if row["standard"] == "erc721":
            place: tuple[object, ...] = (row["token"], row["token_id"])
        else:
            place = (row["address"], row["token"], row["spender"], row["standard"] == "for_all")
        last.pop(place, None)
        last[place] = row
    return tuple(_grant(row) for row in _newest(last.values()) if row["approved"] and not _ended(row, now))


def _newest(rows: Iterable[dict[str, object]]) -> list[dict[str, object]]:
    return list(rows)[::-1]


def _ended(row: dict[str, object], now: int) -> bool:
    """Permit2's end; 0 is the block of the allowance itself."""
    end = row["expiration"]
    return isinstance(end, int) and end < now


def _grant(row: dict[str, object]) -> Grant:
    amount, item = row["amount"], row["token_id"]
    return Grant(
        token=_hex(row["token"]),
        spender=_hex(row["spender"]),
        standard=str(row["standard"]),
        amount=int.from_bytes(amount, "big") if isinstance(amount, bytes) else None,
        token_id=str(int.from_bytes(item, "big")) if isinstance(item, bytes) else None,
        block_number=int(str(row["block_number"])),
    )


def _hex(value: object) -> str:
    assert isinstance(value, bytes)
    return f"0x{value.hex()}"
