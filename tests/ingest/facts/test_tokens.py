"""Token facts: what tokens say of themselves, hostile or broken, and when they are asked."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from ingest.facts.tokens import MetadataReader, small_number, text
from ingest.model.batch import Batch
from ingest.model.errors import NodeUnreachable
from tests.fixtures.frames import ChainBuilder, address, word

ALICE, BOB = address("alice"), address("bob")
USDC, DAI, ART = address("usdc"), address("dai"), address("art")


def string(raw: bytes) -> bytes:
    """ABI encoding of a `string`."""
    return word(32) + word(len(raw)) + raw + bytes(-len(raw) % 32)


@pytest.mark.parametrize(
    ("answer", "meant"),
    [
        (None, None),
        (b"", None),
        (string(b"USD Coin"), b"USD Coin"),
        (string(b""), b""),
        (string("\u202e".encode()), b"\xe2\x80\xae"),
        (string(b"x" * 10_000), b"x" * 256),
        (b"MKR".ljust(32, b"\0"), b"MKR"),
        (word(32) + word(2**200), None),
        (word(2**200) + word(1), None),
        (word(32) + word(33) + b"x" * 32, None),
        (b"\1" * 31, None),
    ],
    ids=[
        "failed",
        "nothing",
        "string",
        "empty",
        "bidi",
        "huge",
        "bytes32",
        "long-size",
        "far-offset",
        "cut-short",
        "too-short",
    ],
)
def test_a_name_is_read_as_string_or_bytes32_and_capped(answer: bytes | None, meant: bytes | None) -> None:
    assert text(answer) == meant


@pytest.mark.parametrize(
    ("answer", "digits"),
    [(None, None), (b"", None), (word(18), 18), (word(255), 255), (word(256), None), (word(6) + b"\0", None)],
)
def test_decimals_are_a_small_number_or_unknown(answer: bytes | None, digits: int | None) -> None:
    assert small_number(answer) == digits


class Tokens:
    """Tokens called after their address; counts who was asked, and can be out of reach."""

    def __init__(self) -> None:
        self.asked: list[bytes] = []
        self.out_of_reach = False

    def __call__(self, calls: Sequence[tuple[bytes, bytes]], block_hash: bytes) -> list[bytes | None]:
        if self.out_of_reach:
            raise NodeUnreachable("no node answers")
        tokens = [token for token, _ in calls[::3]]
        self.asked += tokens
        return [answer for token in tokens for answer in (string(token), None, word(18))]


def _facts(batch: Batch, reader: MetadataReader) -> list[tuple[int, bytes]]:
    facts = reader.facts(batch)
    reader.remember(facts)
    return facts.select("block_number", "token").rows()


def test_each_token_is_asked_once_with_its_first_transfer() -> None:
    chain = ChainBuilder().block().erc20(USDC, ALICE, BOB, 1).native(ALICE, BOB, 1)
    chain.block().erc721(ART, ALICE, BOB, 1).erc20(USDC, ALICE, BOB, 1).erc20(DAI, ALICE, BOB, 1)
    tokens = Tokens()

    assert _facts(chain.batch(), MetadataReader(tokens)) == [(1, USDC), (2, ART), (2, DAI)]
    assert tokens.asked == [USDC, ART, DAI]


def test_facts_do_not_depend_on_where_batches_are_cut() -> None:
    chain = ChainBuilder().block().erc20(USDC, ALICE, BOB, 1)
    chain.block().erc20(USDC, ALICE, BOB, 1).block().erc20(DAI, ALICE, BOB, 1)
    whole, piecewise = MetadataReader(Tokens()), MetadataReader(Tokens())

    together = _facts(chain.batch(), whole)

    assert [row for batch in chain.batches() for row in _facts(batch, piecewise)] == together


def test_a_token_that_left_with_its_block_is_asked_again_when_it_comes_back() -> None:
    chain = ChainBuilder().block().erc20(USDC, ALICE, BOB, 1).block().erc20(DAI, ALICE, BOB, 1)
    reader = MetadataReader(Tokens())
    _facts(chain.batch(), reader)

    reader.roll_back(1)

    again = chain.fork(at=1).block().erc20(USDC, ALICE, BOB, 1).erc20(DAI, ALICE, BOB, 2)
    assert _facts(again.batch(first=2), reader) == [(2, DAI)]


def test_a_fault_on_the_way_is_raised_and_never_becomes_a_null() -> None:
    tokens = Tokens()
    reader = MetadataReader(tokens)
    batch = ChainBuilder().block().erc20(USDC, ALICE, BOB, 1).batch()
    tokens.out_of_reach = True
    with pytest.raises(NodeUnreachable):
        reader.facts(batch)

    tokens.out_of_reach = False

    assert _facts(batch, reader) == [(1, USDC)]
