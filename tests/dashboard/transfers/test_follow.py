"""Money is followed in the order of time, with filters, and no further than is said."""

from __future__ import annotations

import networkx as nx
import pytest

from dashboard.transfers import follow, network, selection
from dashboard.transfers.door import Transfers
from dashboard.transfers.follow import Wanted
from dashboard.transfers.summary import by_asset, counterparties, holders, in_and_out, supply
from dashboard.transfers.values import Asked, Found, Transfer
from tests.dashboard.transfers.town import (
    ALICE,
    BANK,
    BOB,
    CAROL,
    CHAIN,
    COIN,
    DAI,
    MALLORY,
    NOBODY,
    TRAP,
    VAULT,
)  # fmt: skip


def steps(trail: follow.Trail) -> list[tuple[str, str, int]]:
    return [(row.payer, row.payee, row.amount // COIN) for row in trail.moves]


def test_stolen_coins_are_followed_to_the_vault_but_not_to_what_came_before(town: Transfers) -> None:
    trail = follow.follow(town.find, Wanted(CHAIN, MALLORY, token=DAI))
    assert steps(trail) == [(MALLORY, VAULT, 499), (VAULT, CAROL, 100)]
    assert trail.hops == {MALLORY: 0, VAULT: 1, CAROL: 2}


def test_backward_leads_to_who_funded(town: Transfers) -> None:
    trail = follow.follow(town.find, Wanted(CHAIN, VAULT, "backward", native_only=True))
    # The vault got 4 of mallory (block 5), she 5 of alice (4), alice 10 of the bank (1). Carol paid mallory
    # later (6), so that is not where it came from.
    assert steps(trail) == [(MALLORY, VAULT, 4), (ALICE, MALLORY, 5), (BANK, ALICE, 10)]


def test_a_transaction_is_where_a_trail_can_begin(town: Transfers) -> None:
    theft = town.find(Asked(CHAIN, (MALLORY,), "in", token=DAI)).transfers[0]
    trail = follow.follow(town.find, Wanted(CHAIN, theft.transaction, hops=3, token=DAI))
    assert steps(trail) == [(ALICE, MALLORY, 500), (MALLORY, VAULT, 499), (VAULT, CAROL, 100)]


def test_value_hops_and_blocks_narrow_a_trail(town: Transfers) -> None:
    base = Wanted(CHAIN, ALICE, token=DAI)
    assert steps(follow.follow(town.find, Wanted(CHAIN, ALICE, token=DAI, least=301 * COIN))) == [
        (ALICE, MALLORY, 500), (MALLORY, VAULT, 499),
    ]  # fmt: skip
    assert len(follow.follow(town.find, Wanted(CHAIN, ALICE, hops=1, token=DAI)).moves) == 2
    late = Wanted(CHAIN, ALICE, token=DAI, first_block=3, last_block=4)
    assert steps(follow.follow(town.find, late)) == [(ALICE, MALLORY, 500)]
    assert len(follow.follow(town.find, base).moves) == 4


def pays(number: int, payer: str, payee: str, amount: int = 1) -> Transfer:
    return Transfer(CHAIN, number, number, f"0x{number:064x}", 0, "native", None, payer, payee, amount)


def finding(*rows: Transfer):  # type: ignore[no-untyped-def]
    def find(asked: Asked) -> Found:
        wanted = set(asked.addresses)
        sides = {"out": lambda r: r.payer in wanted, "in": lambda r: r.payee in wanted,
                 "both": lambda r: r.payer in wanted or r.payee in wanted}  # fmt: skip
        return Found(tuple(row for row in rows if sides[asked.direction](row)))

    return find


def test_a_busy_wallet_is_shown_and_not_followed() -> None:
    fan = [pays(n + 2, "0xexchange", f"0x{n}") for n in range(follow.BUSY + 1)]
    trail = follow.follow(finding(pays(1, "0xa", "0xexchange"), *fan), Wanted(CHAIN, "0xa"))
    assert (len(trail.moves), trail.busy) == (1, ("0xexchange",))


def test_a_trail_ends_at_its_cap_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(follow, "MOST_WALLETS", 5)
    trail = follow.follow(finding(*(pays(n + 1, "0xa", f"0x{n}") for n in range(9))), Wanted(CHAIN, "0xa"))
    assert len(trail.moves) == 4
    assert trail.left_out == ("more than 5 wallets: narrow it by value, token or time",)


def test_a_payment_of_nothing_leads_nowhere() -> None:
    assert follow.follow(finding(pays(1, "0xa", "0xb", 0)), Wanted(CHAIN, "0xa")).moves == ()


def test_a_sankey_has_no_circle_and_counts_what_leads_back() -> None:
    rows = (
        pays(1, "0xa", "0xb", 9),
        pays(2, "0xb", "0xc", 8),
        pays(3, "0xc", "0xa", 2),
        pays(4, "0xa", "0xb", 1),
    )
    drawn = selection.sankey(rows, None)
    assert [(each.source, each.target, each.units, each.count) for each in drawn.links] == [
        ("0xa", "0xb", 10, 2), ("0xb", "0xc", 8, 1),
    ]  # fmt: skip
    assert (drawn.back, drawn.small) == (1, 0)


def test_files_are_exact_and_defused(town: Transfers) -> None:
    moves = town.find(Asked(CHAIN, (ALICE,), token=TRAP)).transfers
    tokens = town.tokens(CHAIN, moves)
    assert "'=HYPERLINK(1)" in selection.as_csv(moves, tokens)
    assert '"symbol": "=HYPERLINK(1)"' in selection.as_json(moves, tokens)
    big = town.find(Asked(CHAIN, (VAULT,), "in", token=DAI)).transfers
    assert '"units": "499000000000000000000"' in selection.as_json(big, town.tokens(CHAIN, big))


def test_sums_are_exact_by_asset_and_by_counterparty(town: Transfers) -> None:
    moves = town.find(Asked(CHAIN, (ALICE,))).transfers
    dai = next(each for each in by_asset(moves, ALICE) if each.token == DAI)
    assert (dai.came_in, dai.went_out, dai.count) == (1_000 * COIN, 800 * COIN, 3)
    assert [each.address for each in counterparties(moves, ALICE)][:3] == [BANK, MALLORY, BOB]
    assert sum(sum(pair) for pair in in_and_out(moves, ALICE, 60).values()) == len(moves)


def test_holders_are_who_has_more_in_than_out(town: Transfers) -> None:
    moves = town.find(Asked(CHAIN, token=DAI)).transfers
    # Minted 1,000; alice kept 200, bob 300, mallory 1, the vault 399, carol 100.
    assert [(each.address, each.amount // COIN) for each in holders(moves)] == [
        (VAULT, 399), (BOB, 300), (ALICE, 200), (CAROL, 100), (MALLORY, 1),
    ]  # fmt: skip
    assert supply(moves) == (1_000 * COIN, 0)
    assert NOBODY not in {each.address for each in holders(moves)}


def test_who_is_around_a_wallet(town: Transfers) -> None:
    one = network.around(town.find, CHAIN, MALLORY, 1)
    assert set(one.graph) == {MALLORY, ALICE, VAULT, CAROL}
    two = network.around(town.find, CHAIN, MALLORY, 2)
    assert {BOB, BANK} <= set(two.graph)
    assert two.graph.edges[ALICE, BOB]["count"] == 2


def test_a_graph_ends_at_its_cap_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(network, "MOST_WALLETS", 4)
    found = network.around(finding(*(pays(n + 1, "0xa", f"0x{n}") for n in range(9))), CHAIN, "0xa")
    assert len(found.graph) == 4
    assert found.left_out == ("the graph ends at 4 wallets",)


def test_the_shortest_way_between_two_wallets(town: Transfers) -> None:
    ways, _ = network.between(town.find, CHAIN, BANK, VAULT)
    assert ways == [[BANK, ALICE, MALLORY, VAULT]]
    assert network.between(town.find, CHAIN, VAULT, BANK)[0] == []


def test_the_one_who_joins_two_groups_is_in_the_middle() -> None:
    star = network.of(
        [pays(1, "0xa", "0xm"), pays(2, "0xb", "0xm"), pays(3, "0xm", "0xc"), pays(4, "0xm", "0xd")]
    )
    first = network.central(star)[0]
    # Of 12 ordered pairs of the four others, a and b reach c and d through m: 4 of 12.
    assert (first.address, first.payers, first.payees, first.between) == ("0xm", 2, 2, 0.333333)
    assert network.components(star, "0xm") == [1, 1, 1, 1]


def test_a_graph_is_read_again_as_graphml() -> None:
    graph = network.of([pays(1, "0xa", "0xb"), pays(5, "0xa", "0xb")])
    read = nx.parse_graphml(network.graphml(graph).decode())
    assert read.edges["0xa", "0xb"] == {"count": 2, "assets": "native", "first_block": 1, "last_block": 5}
