"""`grants` against plain Python, and what is no grant."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from detectors.kernels.decoding import Kind
from detectors.parts.contract import Seen
from detectors.parts.grants import PERMITTED, SIGNED, TOLD
from ingest.model.batch import Batch
from tests.contract.allowances import APPROVAL, FOR_ALL, allows, earlier, ends, pulls
from tests.detectors.seen.looking import pieces
from tests.detectors.seen.views import begun, seen
from tests.fixtures.frames import ChainBuilder, address, word
from tests.fixtures.market import PERMIT2, PERMIT2_APPROVE, PERMIT2_PERMIT, lived

ALICE, BOB, CAROL, USD, ROUTER, POOL = (
    address(name) for name in ("alice", "bob", "carol", "usd", "router", "pool")
)
ETHER = 10**18
Given = tuple[bytes, bytes, bytes, bool]


def given(view: Seen) -> list[Given]:
    """Owner, spender, asset, and whether it is on."""
    table = view.of("grants").get("given", {})
    names = ("owner", "spender", "asset")
    parties = zip(*([view.address(int(n)) for n in table.get(name, [])] for name in names), strict=True)
    return [(*three, bool(on)) for three, on in zip(parties, table.get("on", []), strict=True)]


def taken(view: Seen) -> list[tuple[bytes, bytes, int]]:
    """Owner, spender and how each was granted."""
    table = view.of("grants").get("taken", {})
    named = zip(table.get("owner", []), table.get("spender", []), table.get("how", []), strict=True)
    return [(view.address(int(o)), view.address(int(s)) if s >= 0 else b"", int(how)) for o, s, how in named]


def plain(batch: Batch) -> list[Given]:
    """By the logs alone, but for what stands within four rows of its owner's transfer of the same token."""
    found: list[Given] = []
    for log in batch.logs.iter_rows(named=True):
        topics = [log[f"topic{n}"] for n in range(4)]
        parties = [topic[-20:] for topic in topics[1:] if topic is not None]
        data = log["data"]
        if topics[0] in (APPROVAL, FOR_ALL):
            owner, spender = parties
            one: Any = (owner, spender, log["address"], any(data[:32]))
        elif topics[0] in (PERMIT2_APPROVE, PERMIT2_PERMIT):
            owner, token, spender = parties
            one = (owner, spender, token, any(data[:32]))
        else:
            continue
        beside = batch.transfers.filter(transaction_hash=log["transaction_hash"], from_address=owner)
        if owner != spender and not (topics[0] == APPROVAL and _has(beside, log["address"])):
            found.append(one)
    return found


def _has(transfers: Any, token: bytes) -> bool:
    return token in transfers["token"].to_list()


@pytest.mark.parametrize("seed", range(3))
def test_it_says_what_plain_python_reads(seed: int) -> None:
    batch, state = lived(seed, 60).batch(), begun("grants")
    views = [(seen(piece, state, "grants"), piece) for piece in pieces(batch, *range(19, 60, 20))]
    expected = [plain(piece) for _, piece in views]
    for (view, _), want in zip(views, expected, strict=True):
        assert not Counter(want) - Counter(given(view)), "a grant is missing"
    assert sum(len(each) for each in expected) > 20


def test_what_bob_takes_rests_on_what_alice_signed() -> None:
    chain = ChainBuilder().block()
    allows(chain, USD, ALICE, BOB)
    pulls(chain, USD, ALICE, CAROL, 5, BOB)
    view = seen(chain.batch(), None, "grants")
    assert given(view) == [(ALICE, BOB, USD, True)]
    assert taken(view) == [(ALICE, BOB, SIGNED)]


def test_a_permit_is_told_from_what_the_owner_sent_himself() -> None:
    chain = ChainBuilder().block()
    allows(chain, USD, ALICE, BOB, by=BOB)
    pulls(chain, USD, ALICE, CAROL, 5, BOB)
    assert taken(seen(chain.batch(), None, "grants")) == [(ALICE, BOB, PERMITTED)]


def test_an_approval_that_a_transfer_left_is_no_grant() -> None:
    chain = ChainBuilder().block()
    allows(chain, USD, ALICE, ROUTER, 10 * ETHER)
    with chain.transaction(BOB, ROUTER):
        chain.erc20(USD, ALICE, POOL, 4 * ETHER)
        earlier(chain, USD, ALICE, ROUTER, 6 * ETHER)
    with chain.transaction(BOB, ROUTER):
        earlier(chain, USD, ALICE, ROUTER, 5 * ETHER)
        chain.erc20(USD, ALICE, POOL, ETHER)
    view = seen(chain.batch(), None, "grants")
    assert given(view) == [(ALICE, ROUTER, USD, True)]
    assert taken(view) == [(ALICE, ROUTER, SIGNED)] * 2


def test_a_lowered_allowance_from_before_the_stream_is_no_grant_either() -> None:
    chain = ChainBuilder().block()
    with chain.transaction(BOB, ROUTER):
        chain.erc20(USD, ALICE, POOL, 4 * ETHER)
        earlier(chain, USD, ALICE, ROUTER, 6 * ETHER)
    assert given(seen(chain.batch(), None, "grants")) == []


def test_a_permit_for_everything_beside_its_transfer_is_a_grant() -> None:
    chain = ChainBuilder().block()
    with chain.transaction(BOB, ROUTER):
        earlier(chain, USD, ALICE, ROUTER, 2**256 - 1)
        chain.erc20(USD, ALICE, POOL, 4 * ETHER)
    assert given(seen(chain.batch(), None, "grants")) == [(ALICE, ROUTER, USD, True)]


def test_what_ended_is_no_basis_any_more() -> None:
    chain = ChainBuilder().block()
    allows(chain, USD, ALICE, BOB)
    ends(chain, USD, ALICE, BOB)
    view = seen(chain.batch(), None, "grants")
    assert [on for *_, on in given(view)] == [True, False]


def test_anyone_can_emit_permit2_s_events_so_alice_must_have_let_it() -> None:
    def told(lets: bool) -> int:
        chain = ChainBuilder().block()
        if lets:
            allows(chain, USD, ALICE, PERMIT2)
        data = word(2**160 - 1) + word(chain.now + 60) + word(0)
        chain.log(PERMIT2, (PERMIT2_PERMIT, word(ALICE), word(USD), word(BOB)), data, BOB)
        return int(seen(chain.batch(), None, "grants").of("grants")["given"]["how"][-1])

    assert told(lets=True) == PERMITTED
    assert told(lets=False) == TOLD


def test_it_forgets_after_a_year() -> None:
    chain = ChainBuilder().block()
    allows(chain, USD, ALICE, BOB)
    pulls(chain.block(360 * 86_400), USD, ALICE, CAROL, 5, BOB)
    pulls(chain.block(8 * 86_400), USD, ALICE, CAROL, 5, BOB)
    (row,) = seen(chain.batch(), None, "grants").of("grants")["taken"]["row"].tolist()
    assert row == 3, "the first pull rests on it, the second on nothing that is known"


def test_all_items_are_a_grant_for_each() -> None:
    chain, art = ChainBuilder().block(), address("art")
    allows(chain, art, ALICE, BOB, of_all=True)
    chain.erc721(art, ALICE, CAROL, 7, by=BOB)
    view = seen(chain.batch(), None, "grants")
    assert view.of("grants")["taken"]["basis"].tolist() == [Kind.APPROVAL_FOR_ALL]
