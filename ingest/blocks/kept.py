"""How little of a signed transaction is kept beside its columns: everything but the input, which has a column
of its own and is most of a block.
"""

from __future__ import annotations

_PLACE_BYTES = 2


def without_input(envelope: bytes, input_: bytes) -> bytes:
    """`envelope` without `input_`, and before it where that stood (2 bytes). Where the input also stands
    earlier, by chance, it is taken out there: putting it back gives the same bytes.

    Raises ValueError where the envelope does not hold it within 64 KiB of its beginning, which none does.
    """
    place = envelope.index(input_)
    if place >= 1 << 8 * _PLACE_BYTES:
        raise ValueError(f"the input of a transaction stands {place} bytes into it")
    return place.to_bytes(_PLACE_BYTES, "big") + envelope[:place] + envelope[place + len(input_) :]


def with_input(kept: bytes, input_: bytes) -> bytes:
    """The inverse."""
    place, rest = int.from_bytes(kept[:_PLACE_BYTES], "big"), kept[_PLACE_BYTES:]
    return rest[:place] + input_ + rest[place:]
