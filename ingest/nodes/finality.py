"""Whether a chain names final blocks at all, asked where a node answers null for its newest one.

After the merge every chain does. Before it, and beside it, there are chains sealed by work or by authorities
that never do, and some that do: for those null means that the node cannot tell now.
"""

from __future__ import annotations

from ingest.blocks.answers import HeaderAnswer, given
from ingest.blocks.header_fields import ETHEREUM, order_of
from ingest.blocks.header_rules import SEALED_BY_VOTES

NAMES_FINAL_BLOCKS = frozenset(
    {
        1, 5, 17000, 560048, 11155111,  # Ethereum: a node may be behind the merge still
        56, 97, 137, 80001, 80002, 2020, 2021, 50, 51, 43113, 43114,  # BSC, Polygon, Ronin, XDC, Avalanche
        100, 10200, 369, 943, 59141, 59144,  # Gnosis, PulseChain, Linea
    }
)  # fmt: skip
"""Chains with a difficulty, now or once, that call blocks final."""

_SINCE_THE_MERGE = ("withdrawals_root", "blob_gas_used", "excess_blob_gas", "parent_beacon_block_root",
                    "requests_hash")  # fmt: skip
"""Of fields that came after the merge: who has them and a difficulty is no plain chain of authorities."""

_CLIENTS = ("bor/",)
_SEAL_BYTES, _ADDRESS_BYTES = 32 + 65, 20


def may_have_final_blocks(head: HeaderAnswer, chain_id: int, client: str) -> bool:
    """Whether the chain that `head` is of may call blocks final, so that null is no "none"."""
    if not int(given(head.difficulty) or "0x0", 16) or chain_id in NAMES_FINAL_BLOCKS:
        return True
    if (head.mix_hash or "").lower() == SEALED_BY_VOTES:
        return False  # each block is final when it comes, and nobody is asked
    has_later_fields = any(given(getattr(head, name)) is not None for name in _SINCE_THE_MERGE)
    is_of_its_own = order_of(head) is not ETHEREUM
    return client.startswith(_CLIENTS) or has_later_fields or is_of_its_own or _has_more_than_signers(head)


def _has_more_than_signers(head: HeaderAnswer) -> bool:
    """Whether extra data holds more than a seal and, as Clique's does now and then, a list of signers."""
    size = len(head.extra_data or "0x") // 2 - 1
    return size > _SEAL_BYTES and (size - _SEAL_BYTES) % _ADDRESS_BYTES != 0
