"""One attack is one alert that stands: what says less about it yields, and stands again when that is gone."""

from __future__ import annotations

from itertools import permutations
from typing import Any

import pytest

from detectors.alerts.alert import Alert
from detectors.base import Row, hexed
from detectors.engine.episodes import Episodes
from detectors.engine.settings import EngineSettings
from detectors.parts.ledger import Ledger
from tests.detectors.findings import ALICE, BOB, MALLORY, finding, place, transaction

SETTINGS = EngineSettings(finality=10, quiet_seconds=600)
DETECTORS = {
    "wallet-drain": "drains",
    "asset-drain": "assets",
    "anomalous-wallet": "models",
    "pig-butchering": "scams",
}
"""Each category is found by a detector of its own."""


class Court:
    """Takes findings block by block, as the engine does."""

    def __init__(self) -> None:
        self.episodes = Episodes("a run", SETTINGS, keep_all=True)

    def block(self, number: int, *findings: dict[str, Any], timestamp: int | None = None) -> None:
        at, changed = place(number, timestamp), []
        for changes in findings:
            one = finding(number, **({"these": (Row(transaction(number), 0, number),)} | changes))
            taken = self.episodes.take(DETECTORS[one.category], "transfers", one, at, Ledger())
            changed.append(taken.id)
        self.episodes.settle(dict.fromkeys(changed), at)

    def alert(self, category: str, subject: bytes = MALLORY) -> Alert:
        (found,) = (
            alert
            for alert in self.episodes.alerts.values()
            if alert.category == category and alert.subject_id == hexed(subject)
        )
        return found

    def yields_to(self, category: str, subject: bytes = MALLORY) -> str | None:
        """The category of the alert that one yields to."""
        suppression = self.alert(category, subject).suppressed_by
        if suppression is None:
            return None
        assert suppression["kind"] == "part-of"
        return self.episodes.alerts[str(suppression["id"])].category


DRAIN, ASSET, MODEL, SCAM = ({"category": each} for each in DETECTORS)


def test_an_alert_about_the_same_transaction_and_attacker_yields_to_the_one_that_outranks_it() -> None:
    court = Court()
    court.block(5, ASSET, DRAIN)

    assert court.yields_to("asset-drain") == "wallet-drain"
    assert court.yields_to("wallet-drain") is None
    reason = (court.alert("asset-drain").suppressed_by or {})["reason"]
    assert reason == "part of the same attack, which the alert of wallet-drain says more about"


@pytest.mark.parametrize("order", list(permutations((DRAIN, ASSET, SCAM))))
def test_whatever_came_first_the_highest_stands_and_the_others_yield_to_it(
    order: tuple[dict[str, Any], ...],
) -> None:
    court = Court()
    these = (Row(transaction(5), 0, 5),)
    for number, one in enumerate(order, 5):
        court.block(number, one | {"these": these})

    assert court.yields_to("pig-butchering") is None
    assert court.yields_to("wallet-drain") == court.yields_to("asset-drain") == "pig-butchering"


@pytest.mark.parametrize(
    "other",
    [
        {"roles": ((BOB, "attacker"), (MALLORY, "victim"))},  # another attacker
        {"these": (Row(transaction(4), 0, 4),)},  # another transaction
        {"suppressed_by": {"kind": "arbitrage", "reason": "a cycle"}},  # which does not stand itself
    ],
)
def test_nothing_yields_to_what_is_about_something_else(other: dict[str, Any]) -> None:
    court = Court()
    court.block(5, ASSET, DRAIN | other)

    assert court.yields_to("asset-drain") is None


def test_an_anomaly_yields_where_its_subject_has_any_part_in_what_has_a_name() -> None:
    court = Court()
    court.block(5, MODEL | {"subject": ALICE, "roles": ((ALICE, "subject"),)}, DRAIN)

    assert court.yields_to("anomalous-wallet", ALICE) == "wallet-drain"


def test_what_is_explained_by_itself_keeps_its_own_reason() -> None:
    court = Court()
    court.block(5, ASSET | {"suppressed_by": {"kind": "arbitrage", "reason": "a cycle"}}, DRAIN)

    assert (court.alert("asset-drain").suppressed_by or {})["kind"] == "arbitrage"


def test_what_yielded_stands_again_once_the_other_is_lowered() -> None:
    court = Court()
    court.block(5, ASSET, DRAIN)
    at = place(6)
    refund = finding(6, category="wallet-drain", lowers=("refunded", "the money came back"))
    lowered = court.episodes.lower("drains", refund, at, Ledger())
    assert lowered is not None
    court.episodes.settle([lowered.id], at)

    assert court.alert("wallet-drain").suppressed_by == {
        "kind": "refunded", "id": None, "reason": "the money came back",
    }  # fmt: skip
    stands = court.alert("asset-drain")
    assert stands.suppressed_by is None
    assert (stands.block_number, stands.updated_block) == (5, 6)


def test_nothing_begins_to_yield_to_an_alert_whose_episode_is_over() -> None:
    court = Court()
    court.block(5, DRAIN, timestamp=60)
    court.block(6, ASSET | {"these": (Row(transaction(5), 0, 5),)}, timestamp=60 + 601)

    assert court.yields_to("asset-drain") is None


def test_a_rollback_puts_back_what_stood_before_it_yielded() -> None:
    court = Court()
    court.block(5, ASSET)
    court.block(6, DRAIN | {"these": (Row(transaction(5), 0, 5),)})
    assert court.yields_to("asset-drain") == "wallet-drain"

    revisions = court.episodes.undo(5, "its block left the chain")

    assert court.yields_to("asset-drain") is None
    told = {alert.category: (alert.status, alert.suppressed_by) for alert in revisions}
    assert told == {"asset-drain": (None, None), "wallet-drain": ("retracted", None)}


def test_what_is_kept_for_a_restart_yields_as_if_nothing_had_stopped() -> None:
    court = Court()
    court.block(5, ASSET)
    opened, alerts, tallies = court.episodes.at(5)
    court.episodes = Episodes("a run", SETTINGS, True, opened, alerts, tallies=tallies)
    court.block(6, DRAIN | {"these": (Row(transaction(5), 0, 5),)})

    assert court.yields_to("asset-drain") == "wallet-drain"


def test_a_refund_lowers_the_open_alert_of_its_subject_and_opens_none() -> None:
    court = Court()
    nobody = finding(5, category="wallet-drain", lowers=("refunded", "the money came back"))
    assert court.episodes.lower("drains", nobody, place(5), Ledger()) is None
    assert court.episodes.alerts == {}

    court.block(6, DRAIN)
    court.episodes.lower("drains", nobody, place(7), Ledger())
    court.block(8, DRAIN)

    again = court.alert("wallet-drain")
    assert again.suppressed_by is None
    assert again.block_number == 8, "raised where it stands unsuppressed"
