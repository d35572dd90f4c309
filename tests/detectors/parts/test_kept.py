"""`kept` against plain sums, and what lay somewhere before anybody looked."""

from __future__ import annotations

from collections import defaultdict

import pytest

from detectors.parts.contract import Seen
from detectors.parts.inside import Inside, Line
from tests.detectors.parts.test_net import plain
from tests.detectors.seen.looking import pieces
from tests.detectors.seen.views import begun, seen
from tests.fixtures.frames import ChainBuilder, address
from tests.fixtures.market import lived

ALICE, BOB, VAULT, USD, SHARES = (address(name) for name in ("alice", "bob", "vault", "usd", "shares"))
READS = ("net", "kept")
NOBODY = bytes(20)


def lines(view: Seen, at: int = -1) -> dict[tuple[bytes, bytes | None], Line]:
    """By account and asset (None: the coin), of one of the piece's transactions."""
    one = Inside(view, int(view.transactions["number"][at]))
    return {
        (view.address(line.account), view.address(line.asset) if line.asset else None): line
        for line in one.lines()
    }


@pytest.mark.parametrize("seed", range(3))
def test_before_and_short_are_what_plain_sums_say(seed: int) -> None:
    batch, state = lived(seed, 60).batch(), begun(*READS)
    held: dict[object, int] = defaultdict(int)
    short: dict[object, int] = defaultdict(int)
    checked = 0
    for piece in pieces(batch, *range(19, 60, 20)):
        view, sums = seen(piece, state, *READS), plain(piece)
        for at in range(view.transactions["number"].size):
            for (account, asset), line in lines(view, at).items():
                received, paid = sums[view.transactions["hash"][at].tobytes(), account, asset]
                key = (account, asset)
                assert line.before == held[key]
                short[key] += max(0, paid - received - held[key])
                held[key] = max(0, held[key] + received - paid)
                assert line.short == short[key]
                checked += 1
    assert checked > 200


def test_what_bob_spends_that_nobody_saw_come_is_short() -> None:
    chain = ChainBuilder().block().erc20(USD, ALICE, BOB, 60).erc20(USD, BOB, ALICE, 100)
    line = lines(seen(chain.batch(), None, *READS))[BOB, USD]
    assert (line.before, line.short, line.got) == (60, 40, 60)


def test_what_is_minted_and_not_burnt_is_the_supply() -> None:
    chain = ChainBuilder().block().erc20(USD, NOBODY, ALICE, 100, by=ALICE).erc20(USD, ALICE, NOBODY, 30)
    chain.erc20(USD, ALICE, BOB, 1)
    assert lines(seen(chain.batch(), None, *READS))[BOB, USD].supply == 70


def test_shares_that_come_from_the_market_itself_are_its_supply_too() -> None:
    chain = ChainBuilder().block().erc20(VAULT, VAULT, ALICE, 9, by=ALICE).erc20(USD, ALICE, VAULT, 5)
    assert lines(seen(chain.batch(), None, *READS))[VAULT, USD].issued == 9


def test_the_times_are_of_what_came_before() -> None:
    chain = ChainBuilder().block().erc20(USD, ALICE, BOB, 1)
    first = chain.now
    chain.block(500).erc20(USD, ALICE, BOB, 1)
    last = chain.now
    chain.block(500).erc20(USD, BOB, ALICE, 1)
    line = lines(seen(chain.batch(), None, *READS))[BOB, USD]
    assert (line.first, line.last) == (first, last)


def test_who_moves_it_may_lie_through_a_million_tales_and_alices_own_balance_stays() -> None:
    chain = ChainBuilder().block().erc20(USD, ALICE, BOB, 50)
    for n in range(300):
        chain.erc20(USD, address(f"told {n}"), address(f"told {n + 1}"), 1, by=address("liar"))
    chain.erc20(USD, BOB, ALICE, 20)
    assert lines(seen(chain.batch(), None, *READS))[BOB, USD].before == 50
