"""Which fields stand in a header behind the nonce, and in what order: a line for each way that chains go.

Every upgrade of Ethereum adds its fields at the end, each chain of its own puts theirs somewhere between. A
field whose name is in no line here is in no hash that is known here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

from ingest.blocks import rlp
from ingest.blocks.answers import HeaderAnswer, unhex

Fill = Literal["skip", "hole", "default"]
"""What becomes of a field that is missing between others: nothing, its empty place, or its usual value."""

_BASE_FEE = ("base_fee_per_gas",)  # London, EIP-1559
_BLOBS = ("blob_gas_used", "excess_blob_gas", "parent_beacon_block_root")  # Cancun, EIP-4844 and EIP-4788
_SINCE_SHANGHAI = ("withdrawals_root", *_BLOBS, "requests_hash")  # EIP-4895; Prague, EIP-7685
_AMSTERDAM = ("block_access_list_hash", "slot_number")  # EIP-7928, EIP-7843
_GRANITE = ("timestamp_milliseconds", "min_delay_excess")


@dataclass(frozen=True, slots=True)
class FieldOrder:
    """`fields` in their order. `marks` are those that no other order has: one of them says that a header goes
    by this one. The first `fixed` fields are always there, empty where the node says nothing of them.
    """

    fields: tuple[str, ...]
    marks: tuple[str, ...] = ()
    fixed: int = 0


ETHEREUM = FieldOrder((*_BASE_FEE, *_SINCE_SHANGHAI, *_AMSTERDAM))
ORDERS = (
    # Avalanche's C-chain (coreth), and its subnets (subnet-evm)
    FieldOrder(
        ("ext_data_hash", *_BASE_FEE, "ext_data_gas_used", "block_gas_cost", *_BLOBS, *_GRANITE),
        marks=("ext_data_hash",),
    ),
    FieldOrder((*_BASE_FEE, "block_gas_cost", *_BLOBS, *_GRANITE), marks=("block_gas_cost",)),
    # XDC: who seals, the second seal, who is punished
    FieldOrder(
        ("validators", "validator", "penalties", *ETHEREUM.fields),
        marks=("validators", "validator", "penalties"),
        fixed=3,
    ),
    # Berachain (BRIP-0004)
    FieldOrder((*_BASE_FEE, *_SINCE_SHANGHAI, "parent_proposer_pubkey"), marks=("parent_proposer_pubkey",)),
)  # fmt: skip
"""Ethereum's order, and those of chains that go another way."""

ALWAYS_THERE = {name for order in ORDERS for name in order.fields[: order.fixed]}
"""Fields that are in the hash even where they are empty."""

_NUMBERS = {
    "base_fee_per_gas", "blob_gas_used", "excess_blob_gas", "slot_number", "ext_data_gas_used",
    "block_gas_cost", "timestamp_milliseconds", "min_delay_excess",
}  # fmt: skip

_EMPTY_ROOT = bytes.fromhex("56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421")
_NO_REQUESTS = bytes.fromhex("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
_USUAL = {
    "withdrawals_root": _EMPTY_ROOT,
    "parent_beacon_block_root": bytes(32),
    "requests_hash": _NO_REQUESTS,
}
"""What a field holds where nothing happens: no withdrawals, no beacon chain, no requests (SHA-256 of
nothing). Numbers are zero.
"""

_SHOWN_BY_TYPE = {2: "base_fee_per_gas", 3: "excess_blob_gas", 4: "requests_hash"}
"""A transaction of such a type shows that the upgrade is in force that added the field."""


def order_of(header: HeaderAnswer) -> FieldOrder:
    for order in ORDERS:
        if any(text_of(header, name) is not None for name in order.marks):
            return order
    return ETHEREUM


def added(
    header: HeaderAnswer, order: FieldOrder, count: int | None = None, fill: Fill = "skip"
) -> list[bytes]:
    """The first `count` fields of an order (None: all), encoded. Raises ValueError where one is no hex."""
    found: list[bytes] = []
    for at, name in enumerate(order.fields[:count]):
        text = text_of(header, name)
        if text is not None:
            found.append(_encoder(name)(text))
        elif at < order.fixed or fill == "hole":
            found.append(b"")
        elif fill == "default":
            found.append(_USUAL.get(name, b""))
    return found


def variants(header: HeaderAnswer) -> Iterator[list[bytes]]:
    """What the fields behind the nonce may be: as they came first; then as far as each upgrade, since nodes
    leave out what they do not know and write out what the chain does not have; and by Ethereum's order also
    where a field is called as another chain calls one.
    """
    for order in dict.fromkeys((order_of(header), ETHEREUM)):
        for count in range(len(order.fields), order.fixed - 1, -1):
            for fill in ("skip", "hole", "default"):
                yield added(header, order, count, fill)


def lacks_added(header: HeaderAnswer, kinds: set[int]) -> bool:
    """Whether a field is left out that stands before another that is there, or that transactions of these
    types show to be in force.
    """
    order = order_of(header)
    given = [text_of(header, name) is not None for name in order.fields]
    shown = [
        order.fields.index(name)
        for kind, name in _SHOWN_BY_TYPE.items()
        if kind in kinds and name in order.fields
    ]
    last = max([at for at, is_given in enumerate(given) if is_given], default=-1)
    has_hole = not all(given[order.fixed : last + 1])
    return has_hole or not all(given[at] for at in shown)


def text_of(header: HeaderAnswer, name: str) -> str | None:
    """A field as hex; None where it is missing, or is of a kind that no header holds."""
    value = getattr(header, name)
    if name in _NUMBERS and isinstance(value, int) and not isinstance(value, bool):
        return hex(value)
    return value if isinstance(value, str) else None


def _encoder(name: str) -> Callable[[str], bytes]:
    return rlp.quantity if name in _NUMBERS else unhex
