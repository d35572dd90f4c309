"""The extra data of chains that are sealed by votes, as their blocks' hash is over it: without the votes.

Votes come after the hash that they are for. How they are kept apart from the rest differs: IBFT and Celo put
32 bytes before a list, Besu's IBFT 2.0 and QBFT (which GoQuorum shares) make a list of everything.
"""

from __future__ import annotations

from ingest.blocks import rlp

_VANITY_BYTES = 32
_NO_VOTES: rlp.Item = []
_NO_AGGREGATE: rlp.Item = [b"", b"", b""]


def without_seals(extra: bytes) -> list[bytes]:
    """What the hash may be over, by every rule that fits the shape of `extra`; nothing where none does."""
    return [*_listed(extra), *_after_vanity(extra)]


def _listed(extra: bytes) -> list[bytes]:
    """Besu: vanity, validators, vote, round, seals, and once a certificate behind them."""
    items = _list(extra)
    if len(items) not in (5, 6):
        return []
    kept = items[:3]
    qbft: list[rlp.Item] = [*kept, b"", _NO_VOTES]
    if len(items) == 6:
        return [rlp.encode([*qbft, empty]) for empty in (b"", _NO_VOTES)]
    return [rlp.encode(qbft), rlp.encode(kept)]


def _after_vanity(extra: bytes) -> list[bytes]:
    """IBFT: validators, the proposer's seal, the votes. Celo: what is added, its keys, what is removed, the
    proposer's seal, the votes as one signature, the parent's.
    """
    vanity, items = extra[:_VANITY_BYTES], _list(extra[_VANITY_BYTES:])
    if len(items) == 3:
        return [vanity + rlp.encode([*items[:2], _NO_VOTES])]
    if len(items) == 6:
        return [vanity + rlp.encode([*items[:4], _NO_AGGREGATE, items[5]])]
    return []


def _list(data: bytes) -> list[rlp.Item]:
    """The items of an RLP list; none where `data` is no such list."""
    try:
        item = rlp.decode(data)
    except (ValueError, RecursionError):
        return []
    return [] if isinstance(item, bytes) else list(item)
