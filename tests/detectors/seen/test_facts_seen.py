"""What readers of parts see of facts: in the block that told of it, and only there."""

from __future__ import annotations

from detectors.engine.state import advance
from detectors.parts.contract import Seen
from tests.detectors.seen.looking import SHORT, pieces
from tests.detectors.seen.views import begun, seen
from tests.fixtures.frames import ChainBuilder, address

ALICE, TOKEN, OTHER = (address(name) for name in ("alice", "token", "other"))


def made() -> ChainBuilder:
    """Alice deploys the same code twice; a token of hers is told of in a block of its own."""
    chain = ChainBuilder().block()
    chain.creates(ALICE, TOKEN).code(TOKEN, b"\x60\x01").block()
    chain.creates(ALICE, OTHER).code(OTHER, b"\x60\x01")
    return chain.erc20(TOKEN, ALICE, OTHER, 5).metadata(TOKEN, "A\0", b"\xff\xed\xa0\x80").block()


def told(view: Seen) -> tuple[list[tuple[int, bytes, object]], list[tuple[int, bytes, object, object]]]:
    codes = [
        (int(block), view.address(int(who)), code)
        for block, who, code in zip(*(view.codes[name] for name in ("block", "address", "code")), strict=True)
    ]
    names = ("block", "address", "name", "symbol")
    tokens = [
        (int(block), view.address(int(who)), name, symbol)
        for block, who, name, symbol in zip(*(view.tokens[each] for each in names), strict=True)
    ]
    return codes, tokens


def test_alice_s_code_is_told_with_its_bytes_once_and_her_token_s_words_as_they_are() -> None:
    codes, tokens = told(seen(made().batch(), None, "net"))
    assert codes == [(1, TOKEN, b"\x60\x01"), (2, OTHER, None)]
    assert tokens == [(2, TOKEN, b"A\0", b"\xff\xed\xa0\x80")]


def test_a_block_alone_shows_its_own_facts_whole_or_cut() -> None:
    batch = made().batch()
    whole = advance(begun("net"), batch, [], SHORT)
    state = begun("net")
    for piece in pieces(batch, 1, 2):
        alone = seen(piece, state, "net")
        assert told(alone) == told(whole.of_block(piece.first).by("test", ("net",)))


def test_what_no_row_is_about_yet_is_not_spoken_of_wherever_pieces_are_cut() -> None:
    chain = ChainBuilder().block().metadata(TOKEN, "early", "EAR").native(ALICE, OTHER, 1)
    batch = chain.block().erc20(TOKEN, ALICE, OTHER, 5).batch()
    assert told(seen(batch, None, "net"))[1] == []


def test_facts_are_read_only_and_a_number_is_that_of_a_block() -> None:
    view = seen(made().batch(), None, "net")
    assert not any(column.flags.writeable for column in (*view.codes.values(), *view.tokens.values()))
    assert view.address(view.number_of(TOKEN, 1)) == TOKEN
    assert view.number_of(OTHER, 1) == -1
    assert view.number_of(address("nobody"), 3) == -1
