"""What the hash of a header is over: Ethereum's fields and, on chains that go another way, theirs.

A hash cannot be made to fit: a header that any of these rules leads to the block's hash is the block's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import msgspec

from ingest.blocks import rlp
from ingest.blocks.answers import HeaderAnswer, given, unhex
from ingest.blocks.header_fields import ALWAYS_THERE, added, lacks_added, order_of, variants
from ingest.blocks.seals import without_seals
from ingest.blocks.trie import keccak

SEALED_BY_VOTES = "0x63746963616c2062797a616e74696e65206661756c7420746f6c6572616e6365"
"""The mixHash of chains whose blocks are sealed by votes (IBFT, QBFT): their hash leaves the votes out."""

_NO_UNCLES = "0x" + keccak(rlp.encode([])).hex()
_BLOOM_DIGITS, _HASH_DIGITS, _NONCE_DIGITS = 2 + 512, 2 + 64, 2 + 16
_EXTRA, _BEFORE_FORKS = 12, 15
"""Where extra data stands among the fields, and how many of them Frontier's headers have."""

_REQUIRED = {"number", "hash", "parent_hash", "receipts_root", "timestamp", "transactions"}


def header_fields(header: HeaderAnswer) -> list[bytes] | None:
    """The fields that a header's hash is over, in order; None where one is missing that Ethereum's have."""
    front, extra = _front(header), header.extra_data
    if front is None or extra is None or header.mix_hash is None or header.nonce is None:
        return None
    seal = [unhex(extra), unhex(header.mix_hash), unhex(header.nonce)]
    return [*front, *seal, *added(header, order_of(header))]


def plain_hash(header: HeaderAnswer) -> str | None:
    """What the header hashes to as it came, by Ethereum's rule; None where a field is missing, or is none."""
    encoded = _plain(header)
    return None if encoded is None else "0x" + keccak(encoded).hex()


def _plain(header: HeaderAnswer) -> bytes | None:
    try:
        fields = header_fields(header)
    except (ValueError, OverflowError):
        return None
    return None if fields is None else rlp.encode(fields)


def lacks_fields(header: HeaderAnswer, kinds: set[int]) -> bool:
    """Whether a field is left out that all headers of Ethereum have, or that an upgrade added which is in
    force: a later field is there, or a transaction of one of `kinds`.
    """
    always = (header.sha3_uncles, header.fee_recipient, header.state_root, header.transactions_root,
              header.logs_bloom, header.difficulty, header.gas_limit, header.gas_used, header.extra_data,
              header.mix_hash, header.nonce)  # fmt: skip
    return None in always or lacks_added(header, kinds)


def leads_to_its_hash(header: HeaderAnswer, bloom: bytes, gas_used: int) -> bool:
    """Whether a rule leads from the header to its hash. What a node left out, or wrote in another way, is
    filled in where it is known: from the receipts (`bloom`, `gas_used`), or as all headers have it since the
    merge.
    """
    return _led_to(header, bloom, gas_used) is not None


def hashed(header: HeaderAnswer, bloom: Callable[[], bytes], gas_used: int) -> bytes | None:
    """The RLP that a header's hash is over, by whichever rule leads there; None where none does. `bloom`
    makes the block's from its logs, and is asked only where the header does not hash as it came.
    """
    plain = _plain(header)
    is_hashed = plain is not None and keccak(plain) == header.id
    return plain if is_hashed else _led_to(header, bloom(), gas_used)


def _led_to(header: HeaderAnswer, bloom: bytes, gas_used: int) -> bytes | None:
    made = map(rlp.encode, _candidates(_filled(header, bloom, gas_used)))
    return next((encoded for encoded in made if keccak(encoded) == header.id), None)


def _candidates(header: HeaderAnswer) -> Iterator[Sequence[rlp.Item]]:
    """The fields by each rule that the header has the fields for."""
    plain, extra = header_fields(header), unhex(header.extra_data or "0x")
    if plain is not None:
        for behind in variants(header):
            yield [*plain[:_BEFORE_FORKS], *behind]
        for kept in without_seals(extra):
            yield [*plain[:_EXTRA], kept, *plain[_EXTRA + 1 :]]
    for kept in (extra, *without_seals(extra)):
        yield from _celo_before_gingerbread(header, kept)
    yield from _authority_round(header)


def _front(header: HeaderAnswer) -> list[bytes] | None:
    """The fields from the parent to the time, which are the same on every chain that goes by Ethereum."""
    fixed = (header.sha3_uncles, header.fee_recipient, header.state_root, header.transactions_root,
             header.receipts_root, header.logs_bloom)  # fmt: skip
    counted = (header.difficulty, header.number, header.gas_limit, header.gas_used, header.timestamp)
    known = [unhex(field) for field in fixed if field is not None]
    numbers = [rlp.quantity(field) for field in counted if field is not None]
    if len(known) < len(fixed) or len(numbers) < len(counted):
        return None
    return [header.parent, *known, *numbers]


def _celo_before_gingerbread(header: HeaderAnswer, extra: bytes) -> Iterator[list[bytes]]:
    """Celo's first headers: without uncles, difficulty, gas limit, mixHash and nonce."""
    fixed = (header.fee_recipient, header.state_root, header.transactions_root, header.receipts_root,
             header.logs_bloom)  # fmt: skip
    counted = (header.number, header.gas_used or "0x0", header.timestamp)
    if None not in fixed:
        known = [unhex(field) for field in fixed if field is not None]
        yield [header.parent, *known, *map(rlp.quantity, counted), extra]


def _authority_round(header: HeaderAnswer) -> Iterator[list[bytes]]:
    """Chains of authorities in turn (Gnosis before its merge): a step and a signature end the header, which
    Erigon calls otherwise.
    """
    front = _front(header)
    step = header.aura_step if header.step is None else header.step
    signature = header.aura_seal if header.signature is None else header.signature
    if front is not None and isinstance(step, str | int) and isinstance(signature, str):
        number = rlp.number(step) if isinstance(step, int) else rlp.number(int(step, 0))
        seal = bytes.fromhex(signature.removeprefix("0x"))
        yield [*front, unhex(header.extra_data or "0x"), number, seal]


def _filled(header: HeaderAnswer, bloom: bytes, gas_used: int) -> HeaderAnswer:
    """The header with what is missing from it, where that is known; short words get their zeros in front."""
    optional = set(msgspec.structs.asdict(header)) - _REQUIRED - ALWAYS_THERE
    empty = {name: None for name in optional if getattr(header, name) in ("", "0x")}
    known = msgspec.structs.replace(header, **empty)
    is_bloom = known.logs_bloom is not None and len(known.logs_bloom) == _BLOOM_DIGITS
    return msgspec.structs.replace(
        known,
        logs_bloom=known.logs_bloom if is_bloom else "0x" + bloom.hex(),
        gas_used=known.gas_used or hex(gas_used),
        sha3_uncles=known.sha3_uncles or _NO_UNCLES,
        difficulty=known.difficulty or "0x0",
        extra_data=given(known.extra_data) or "0x",
        mix_hash=_padded(known.mix_hash or "0x0", _HASH_DIGITS),
        nonce=_padded(known.nonce or "0x0", _NONCE_DIGITS),
    )


def _padded(text: str, digits: int) -> str:
    return "0x" + text[2:].rjust(digits - 2, "0")
