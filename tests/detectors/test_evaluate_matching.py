"""One label for each alert: as many labels as possible, no first choice left without need, and quickly."""

from __future__ import annotations

from dataclasses import replace

import networkx as nx
from hypothesis import given
from hypothesis import strategies as st

from detectors.evaluate import judge
from detectors.evaluate.categories import ANY
from detectors.evaluate.matching import NO_LABEL, assign
from tests.detectors.alerts import MALLORY, label, labels, layered, transaction

PLACES = st.integers(0, 7)
NOBODYS = 99
CHOICES = st.lists(st.lists(PLACES, unique=True, max_size=5).map(tuple), max_size=12)


def served(given: list[int]) -> set[int]:
    return set(given) - {NO_LABEL}


@given(CHOICES)
def test_as_many_labels_have_an_alert_as_any_choice_could_give(choices: list[tuple[int, ...]]) -> None:
    graph = nx.Graph()
    graph.add_nodes_from(("alert", n) for n in range(len(choices)))
    graph.add_edges_from((("alert", n), ("label", x)) for n, choice in enumerate(choices) for x in choice)
    best = nx.bipartite.maximum_matching(graph, top_nodes=[("alert", n) for n in range(len(choices))])
    assert len(served(assign(choices))) == len(best) // 2


@given(CHOICES)
def test_every_alert_gets_one_of_its_own_choices(choices: list[tuple[int, ...]]) -> None:
    for choice, place in zip(choices, assign(choices), strict=True):
        assert place in choice if choice else place == NO_LABEL


@given(CHOICES)
def test_where_first_choices_leave_nobody_out_all_have_theirs(choices: list[tuple[int, ...]]) -> None:
    wanted = {place for choice in choices for place in choice}
    first = [choice[0] if choice else NO_LABEL for choice in choices]
    if served(first) == wanted:
        assert assign(choices) == first


@given(CHOICES)
def test_alerts_that_share_their_choice_as_one_object_or_as_equal_ones_serve_as_many(
    choices: list[tuple[int, ...]],
) -> None:
    one = {choice: choice for choice in choices}
    apart = [(*choice, NOBODYS)[:-1] for choice in choices]
    assert len(served(assign([one[choice] for choice in choices]))) == len(served(assign(apart)))


def test_an_alert_moves_along_a_chain_where_that_serves_one_more() -> None:
    """Two alerts want label 0, the second of them could serve 1, whose own alert could serve 2."""
    assert assign([(0,), (0, 1), (1, 2)]) == [0, 1, 2]


def test_the_first_alert_of_a_label_stays_with_it_where_another_can_go() -> None:
    both = (0, 1)
    assert assign([both, both, both]) == [0, 1, 0]


def test_two_thousand_labels_and_a_hundred_thousand_alerts_are_not_compared_pair_by_pair() -> None:
    """Mallory alone made all attacks, each in a transaction of its own, and every transaction is flagged.

    Compared pair by pair these are 200 million pairs, which would not end within the time of a test.
    """
    made = [label(f"attack {n}", transactions=frozenset({transaction(n)})) for n in range(2_000)]
    flagged = layered(100, MALLORY, category=ANY)
    alerts = [replace(flagged, id=str(n), transactions=(transaction(n),)) for n in range(100_000)]
    said = judge(alerts, labels(*made))
    assert (len(said.found), len(said.hits), said.unmatched) == (2_000, 100_000, ())
