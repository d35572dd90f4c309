"""`taint` against a plain reference: payments in order, each with its lots, no limit to their number."""

from __future__ import annotations

from collections import defaultdict
from random import Random
from typing import Any

import pytest

from detectors import registry
from detectors.parts.contract import Seen
from detectors.parts.lots import CLEAN, Lot, Purse, shortened
from detectors.parts.taint import Settings, Taint
from tests.detectors.seen import looking
from tests.detectors.seen.looking import pieces, whole
from tests.detectors.seen.views import begun, seen
from tests.fixtures.frames import ChainBuilder, address

PEOPLE = [address(f"person {n}") for n in range(8)]
MALLORY, TRUDY, BANK = (address(name) for name in ("mallory", "trudy", "bank"))
READS = ("lists", "mixers", "net", "pools", "trails", "taint")
Payment = tuple[bytes, bytes, int]
Flow = tuple[int, bytes, int, int]


def flows(view: Seen) -> list[Flow]:
    """Transaction, source, haircut, first in first out."""
    table = whole(view.of("taint").get("flows", {}))
    lines = zip(*(table.get(name, []) for name in ("transaction", "source", "haircut", "fifo")), strict=True)
    return [(sent, view.address(source), haircut, fifo) for sent, source, haircut, fifo in lines]


def plain(payments: list[Payment], listed: set[bytes]) -> list[Flow]:
    """The same by lists of lots without limit, and by sums."""
    held: dict[bytes, int] = defaultdict(int)
    lots: dict[bytes, list[list[Any]]] = defaultdict(list)
    parts: dict[bytes, dict[bytes, int]] = defaultdict(lambda: defaultdict(int))
    found = list[Flow]()
    for number, (payer, payee, amount) in enumerate(payments):
        known = min(amount, held[payer])
        moved: list[list[Any]] = [[amount - known, None]]
        shares: dict[bytes, int] = {}
        if payer in listed:
            moved, shares = [[amount, payer]], {payer: amount}
        else:
            shares = {who: part * known // held[payer] for who, part in parts[payer].items() if held[payer]}
            while known:
                take = min(known, lots[payer][0][0])
                moved.append([take, lots[payer][0][1]])
                lots[payer][0][0] -= take
                known -= take
                if not lots[payer][0][0]:
                    lots[payer].pop(0)
        for who, part in shares.items():
            parts[payer][who] -= part if payer not in listed else 0
            parts[payee][who] += part if payee not in listed else 0
        lots[payee] += [lot for lot in moved if lot[0]]
        held[payer] = max(0, held[payer] - amount)
        held[payee] += amount
        tainted: dict[bytes, int] = defaultdict(int)
        for size, source in moved:
            if source is not None:
                tainted[source] += size
        found += [(number, who, part, tainted[who]) for who, part in shares.items() if part and who != payee]
    return found


def made(seed: int, count: int) -> tuple[ChainBuilder, list[Payment]]:
    """Two are listed; everybody pays everybody, at times more than is known of him."""
    rng, chain, payments = Random(seed), ChainBuilder(), list[Payment]()
    chain.block().lists(MALLORY).lists(TRUDY)
    payments += [(BANK, who, rng.randint(50, 500)) for who in (*PEOPLE, MALLORY, TRUDY)]
    for _ in range(count):
        payer, payee = rng.sample([*PEOPLE, *PEOPLE, MALLORY, TRUDY], 2)
        while payer == payee:
            payer, payee = rng.sample([*PEOPLE, MALLORY, TRUDY], 2)
        payments.append((payer, payee, rng.randint(1, 120)))
    for payment in payments:
        if rng.random() < 0.3:
            chain.block()
        chain.native(*payment)
    return chain, payments


@pytest.mark.parametrize("seed", range(3))
def test_haircut_is_that_of_a_plain_reference_to_the_last_unit(seed: int) -> None:
    chain, payments = made(seed, 40)
    expected = plain(payments, {MALLORY, TRUDY})
    found = flows(seen(chain.batch(), None, *READS))
    assert sorted(flow[:3] for flow in found) == sorted(flow[:3] for flow in expected)
    assert len(found) > 5


@pytest.mark.parametrize("seed", range(3))
def test_first_in_first_out_is_too_where_eight_lots_are_enough(seed: int) -> None:
    chain, payments = made(seed, 18)
    expected = plain(payments, {MALLORY, TRUDY})
    assert sorted(flows(seen(chain.batch(), None, *READS))) == sorted(expected)


def test_eight_lots_lose_little_of_the_order_of_long_histories() -> None:
    off = total = 0
    for seed in range(3):
        chain, payments = made(seed, 60)
        expected = {flow[:2]: flow[3] for flow in plain(payments, {MALLORY, TRUDY})}
        for sent, source, _, fifo in flows(seen(chain.batch(), None, *READS)):
            off += abs(fifo - expected.get((sent, source), 0))
            total += expected.get((sent, source), 0)
    assert off < 0.2 * total


def test_pieces_do_not_matter() -> None:
    batch, state = made(1, 40)[0].batch(), begun(*READS)
    expected = flows(seen(batch, None, *READS))
    found = [flow for piece in pieces(batch, 3, 4, 9) for flow in flows(seen(piece, state, *READS))]
    assert found == expected


def test_flows_beyond_what_a_block_may_have_are_left_out_wherever_pieces_are_cut(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    parts = [part for part in registry.parts() if part.name != "taint"]
    monkeypatch.setattr(looking, "PARTS", [*parts, Taint(settings=Settings(flows=2))])
    chain = ChainBuilder(first_block=1).block().lists(MALLORY)
    for _ in range(2):
        chain.block()
        for person in PEOPLE[:3]:
            chain.native(MALLORY, person, 5)
    expected = looking.told([chain.batch()], READS)
    assert [len(expected.said[block]["taint.flows"]["row"]) for block in (2, 3)] == [2, 2]
    assert looking.told(pieces(chain.batch(), 1, 2, 3), READS) == expected


def serves(chain: ChainBuilder, hub: bytes, many: int) -> None:
    """So many strangers pay somebody, and are paid."""
    for n in range(many):
        chain.native(address(f"stranger {n}"), hub, 7).native(hub, address(f"stranger {n}"), 5)


def test_what_somebody_got_before_so_many_came_that_he_is_a_hub_is_wiped_when_he_pays_as_one() -> None:
    """Bank, a wallet of one customer first, holds what mallory paid; with a dozen it is everybody's."""
    one, other = PEOPLE[:2]
    for many, tainted in ((4, True), (16, False)):
        chain = ChainBuilder().block().lists(MALLORY).native(MALLORY, BANK, 1000).block()
        serves(chain, BANK, many)
        chain.block().native(BANK, one, 500).block().native(one, other, 400)
        found = flows(seen(chain.batch(), None, *READS))
        assert found[0] == (0, MALLORY, 1000, 1000)
        assert bool([flow for flow in found if flow[0] > 2 * many]) is tainted


def test_what_was_wiped_stays_so_when_the_hub_is_none_any_more() -> None:
    """Bank is called an exchange for one payment only; without that payment all of it is mallory's."""
    one, other = PEOPLE[:2]
    for pays_as_exchange in (False, True):
        chain = ChainBuilder().block().lists(MALLORY).native(MALLORY, BANK, 1000).block()
        chain.lists(BANK, "exchange").native(*(BANK if pays_as_exchange else TRUDY, one, 1))
        chain.block().lists(BANK, "exchange", listed=False).native(BANK, other, 500)
        found = [flow for flow in flows(seen(chain.batch(), None, *READS)) if flow[0] == 2]
        assert found == ([] if pays_as_exchange else [(2, MALLORY, 500, 500)])


def test_who_was_wiped_is_a_hub_of_clean_money_and_is_tainted_by_the_next_payment_as_anybody() -> None:
    one = PEOPLE[0]
    chain = ChainBuilder().block().lists(MALLORY).native(MALLORY, BANK, 1000).block()
    chain.lists(BANK, "exchange").native(BANK, one, 1)
    chain.block().lists(BANK, "exchange", listed=False).native(MALLORY, BANK, 1).native(BANK, one, 500)
    last = [flow for flow in flows(seen(chain.batch(), None, *READS)) if flow[0] == 3]
    assert all(haircut <= 1 for _, _, haircut, _ in last)


def test_the_three_policies_stand_side_by_side() -> None:
    """A person has 15 of his own first: of his 10 none is mallory's first in first out, a quarter by
    haircut (rounded down).
    """
    one, other = PEOPLE[:2]
    chain = ChainBuilder().block().lists(MALLORY)
    chain.native(BANK, one, 15).native(MALLORY, one, 5).native(one, other, 10)
    assert flows(seen(chain.batch(), None, *READS)) == [(1, MALLORY, 5, 5), (2, MALLORY, 2, 0)]


def test_what_comes_first_leaves_first() -> None:
    purse = Purse([Lot(5), Lot(3, 7, 1), Lot(2)], [Lot(3, 7, 1)])
    out = purse.pay(6, 10)
    assert out == Purse([Lot(5), Lot(1, 7, 1)], [Lot(1, 7, 1)])
    assert purse == Purse([Lot(2, 7, 1), Lot(2)], [Lot(2, 7, 1)])


def test_more_than_is_known_is_older_and_clean() -> None:
    purse = Purse([Lot(5, 7, 1)], [Lot(5, 7, 1)])
    assert purse.pay(8, 5) == Purse([Lot(3), Lot(5, 7, 1)], [Lot(5, 7, 1)])
    assert not purse.is_tainted


def test_a_payment_is_never_more_than_wholly_tainted_though_more_is_remembered_than_held() -> None:
    purse = Purse([Lot(9, 7, 1)], [Lot(6, 7, 1), Lot(3, 8, 1)])
    assert purse.pay(2, 4).parts == [Lot(1, 7, 1)]
    assert sum(part.amount for part in purse.pay(4, 4).parts) <= 4


def test_a_ninth_lot_costs_a_piece_of_the_order_and_no_sum() -> None:
    lots = [Lot(n + 1, source) for n, source in enumerate((7, CLEAN) * 6)]
    kept = shortened(lots, 8)
    assert len(kept) == 8
    for source in (7, CLEAN):
        assert sum(lot.amount for lot in kept if lot.source == source) == sum(
            lot.amount for lot in lots if lot.source == source
        )


def test_nine_sources_are_eight_and_the_sum_stays() -> None:
    lots = [Lot(n + 1, n) for n in range(9)]
    kept = shortened(lots, 8)
    assert len(kept) == 8
    assert sum(lot.amount for lot in kept) == 45


def test_what_is_withdrawn_is_clean_and_the_amount_stays() -> None:
    purse = Purse([Lot(5, 7, 1), Lot(3, 8, 1)], [Lot(5, 7, 1), Lot(3, 8, 1)])
    assert purse.without(lambda source: source == 8) == Purse([Lot(5), Lot(3, 8, 1)], [Lot(3, 8, 1)])
