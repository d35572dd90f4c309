"""Which attacks were seen while they waited, over those that waited and those that went round the pool."""

from __future__ import annotations

from detectors.alerts.alert import Alert
from detectors.alerts.pending import End, PendingAlert
from detectors.evaluate.in_time import in_time
from detectors.evaluate.labels import Label
from tests.detectors.alerts import ALICE, TRUDY, label, labels, layered, transaction


def attack(name: str, attacker: str, waited: bool | None) -> Label:
    """It does harm in block 100."""
    sent = frozenset({transaction(9_000 + int(attacker[2], 16))})
    return label(
        name, harm_block=100, waited=waited, attackers=frozenset({attacker}), transactions=sent,
        addresses=frozenset({attacker, ALICE}),
    )  # fmt: skip


def pending(alert: Alert, head: int, came: bool = True) -> PendingAlert:
    end = End("mined", head + 2, alert.id if came else None)
    sent = alert.transactions
    return PendingAlert(f"pending-{alert.id}", 1, head, head, transaction(head), sent, False, alert, end)


MALLORY, ROBBER = f"0x{'d' * 40}", f"0x{'c' * 40}"
TOLD = labels(attack("seen", MALLORY, True), attack("late", TRUDY, True), attack("hidden", ROBBER, False))


def cells(line: str) -> list[str]:
    return line.split()[-8:]


def test_an_attack_is_seen_in_time_where_it_was_found_on_a_head_before_its_loss() -> None:
    seen = [pending(layered(100, MALLORY), 98), pending(layered(101, TRUDY), 100)]
    book = [layered(100, MALLORY), layered(99, TRUDY)]

    heading, waited, hidden, both, alarms = in_time(seen, book, TOLD)

    assert heading.split("  ")[0] == "attacks that did harm"
    assert cells(waited) == ["2", "2", "1", "1", "0.50", "0.09", "to", "0.91"]
    assert cells(hidden) == ["1", "0", "0", "0", "0.00", "0.00", "to", "0.79"]
    assert cells(both) == ["3", "2", "1", "1", "0.33", "0.06", "to", "0.79"]
    assert alarms == "pending alerts 2, false 0 (0 of hard negatives), in the book in the end 2"


def test_what_is_said_of_nobody_who_attacks_is_false() -> None:
    seen = [pending(layered(100, ALICE), 98, came=False)]

    *_, alarms = in_time(seen, [], TOLD)

    assert alarms == "pending alerts 1, false 1 (0 of hard negatives), in the book in the end 0"


def test_of_attacks_whose_label_does_not_say_how_they_came_nothing_is_counted() -> None:
    _, waited, _, both, _ = in_time([], [], labels(attack("old", MALLORY, None)))

    assert "0.00 to 1.00" in waited and "0.00 to 1.00" in both
    assert waited.split()[-6:-3] == ["0", "0", "-"]
