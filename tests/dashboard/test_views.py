"""What the store answers for overview, wallets, incidents and trends: bounded, whatever its rows hold."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from dashboard.store import (
    Filters,
    Reader,
    Writer,
    incidents,
    open_reader,
    open_writer,
    overview,
    subjects,
    trends,
)
from dashboard.store.overview import Span
from detectors.alerts.alert import Role
from tests.dashboard.alerts import (
    ALICE,
    BOB,
    CAROL,
    CHAIN,
    GENESIS,
    MALLORY,
    VAULT,
    Filing,
    drain,
    judged,
    paid,
    poisoning,
)  # fmt: skip

WHOLE = Span(GENESIS, GENESIS + 10**9)
COIN = 10**18


def at(block: int) -> int:
    return GENESIS + 12 * block


def test_alerts_are_counted_in_pieces_of_time(filing: Filing, reader: Reader) -> None:
    filing.file(drain(1), drain(2, severity="critical"), poisoning(10), drain(3, status="retracted"))
    buckets = overview.timeline(reader, Span(at(0), at(11)), 60)
    # A piece is five blocks: 0-4 and 5-9 and 10 on.
    assert sorted((each.start, each.category, each.severity, each.count) for each in buckets) == [
        (at(0), "wallet-drain", "critical", 1),
        (at(0), "wallet-drain", "high", 1),
        (at(10), "address-poisoning", "medium", 1),
    ]


def test_the_gravest_that_stand_come_first(filing: Filing, reader: Reader) -> None:
    explained = {"kind": "airdrop", "reason": "pays many", "id": None}
    filing.file(
        drain(1, score=0.7), drain(2, score=0.9), poisoning(3), drain(4, severity="critical", score=0.1),
        drain(5, severity="critical", suppressed_by=explained),
        drain(6, severity="critical", status="retracted"),
    )  # fmt: skip
    assert [row.id for row in overview.worst(reader, WHOLE, 3)] == ["drain-4", "drain-2", "drain-1"]
    assert [row.id for row in overview.newest(reader, WHOLE, 5, ("critical",))] == ["drain-4"]
    assert overview.worst(reader, Span(at(50), at(60)), 3) == []


def test_value_at_risk_is_added_up_exactly_by_chain(filing: Filing, reader: Reader) -> None:
    filing.file(drain(1, value_wei=str(2**80 + 1)), drain(2, value_wei=str(COIN)), drain(3))
    (told,) = overview.worth(reader, WHOLE)
    assert (told.chain_id, told.wei, told.valued, told.unvalued) == (CHAIN, 2**80 + 1 + COIN, 2, 1)


@pytest.mark.parametrize(
    ("tail", "wei"),
    [('"value_wei":"17"}', 17), ('"value_wei":null}', None), ("", None), ('"value_wei":"17"', None),
     ('"explanation":"\\"value_wei\\":\\"9\\"}","value_wei":null}', None), (None, None)],
)  # fmt: skip
def test_a_value_is_read_from_the_end_of_a_record_only(tail: object, wei: int | None) -> None:
    assert overview.value_in(tail) == wei


def test_the_time_is_the_heads_and_without_one_the_newest_alerts(filing: Filing, reader: Reader) -> None:
    assert overview.newest_time(reader) is None
    filing.file(drain(7))
    assert overview.newest_time(reader) == at(7)
    filing.file(blocks=(judged(30),))
    assert overview.newest_time(reader) == at(30)


def test_rates_tell_the_last_day_from_the_week_before(filing: Filing, reader: Reader) -> None:
    day = 86_400 // 12
    filing.file(
        *(drain(8 * day - n, name="now") for n in range(1, 4)),
        *(drain(n, name="old") for n in range(day, day + 7)),
    )
    assert overview.rates(reader, at(8 * day)) == {"wallet-drain": (3, 1.0)}


def test_an_address_is_found_by_each_part_it_has(filing: Filing, reader: Reader) -> None:
    filing.file(drain(1), poisoning(2))
    found = subjects.alerts_of(reader, CHAIN, MALLORY)
    assert [(role, row.id) for role, row in found] == [("attacker", "poison-2"), ("attacker", "drain-1")]
    assert [role for role, _ in subjects.alerts_of(reader, CHAIN, CAROL)] == ["victim"]
    assert subjects.alerts_of(reader, 5, MALLORY) == []


def test_scores_of_a_wallet_over_time_and_the_highest_now(filing: Filing, reader: Reader) -> None:
    filing.file(
        blocks=(judged(1, (ALICE, 0.2)), judged(2, (ALICE, 0.6), (BOB, 0.5)), judged(3, (ALICE, 0.4)))
    )
    assert [(each.block_number, each.score) for each in subjects.scores_of(reader, CHAIN, ALICE)] == [
        (1, 0.2), (2, 0.6), (3, 0.4),
    ]  # fmt: skip
    highest = subjects.highest(reader, CHAIN, 2, 10)
    assert [(each.subject, each.score, dict(each.parts)) for each in highest] == [
        (ALICE, 0.6, {"rule": 0.6}), (BOB, 0.5, {"rule": 0.5}),
    ]  # fmt: skip
    assert [each.subject for each in subjects.highest(reader, CHAIN, 3, 10)] == [ALICE]


def test_lesser_alerts_are_those_that_yielded_to_this_one(filing: Filing, reader: Reader) -> None:
    yields = {"kind": "part-of", "reason": "says less", "id": "drain-1"}
    filing.file(
        drain(1), drain(2, name="lesser", suppressed_by=yields), drain(3, suppressed_by={**yields, "id": "x"})
    )
    found = reader.alert(CHAIN, "drain-1")
    assert found is not None
    rows = reader.related(found[0])
    assert [row.id for row in subjects.lesser(reader, rows, "drain-1")] == ["lesser-2"]


def others(*roles: tuple[str, str]) -> tuple[Role, ...]:
    return tuple(Role(address, role) for address, role in roles)  # type: ignore[arg-type]


def test_alerts_that_share_an_attacker_are_one_incident_in_stages(filing: Filing, reader: Reader) -> None:
    filing.file(
        drain(1, value_wei=str(5 * COIN)), poisoning(2),
        drain(3, name="trail", category="layering", value_wei=str(5 * COIN)),
        drain(4, name="alone", roles=others((BOB, "attacker"))),
    )  # fmt: skip
    found = incidents.incidents(reader, WHOLE).found
    assert sorted(len(each.alerts) for each in found) == [1, 3]
    big = next(each for each in found if len(each.alerts) == 3)
    assert big.id == "drain-1"
    assert [name for name, _ in big.stages()] == ["preparation", "exploitation", "laundering"]
    # The trail moves the same five coins: they were lost once.
    assert big.wei == 5 * COIN
    assert big.victims == tuple(sorted((ALICE, BOB, CAROL)))
    assert big.attackers == (MALLORY,)


def test_alerts_that_share_a_transaction_are_one_incident_and_chains_are_apart(
    writer: Writer, reader: Reader
) -> None:
    one = drain(1, roles=others((ALICE, "attacker")))
    two = drain(1, name="same", roles=others((BOB, "attacker")))
    Filing(writer).file(one, two)
    Filing(writer, chain_id=5).file(drain(1, chain_id=5))
    found = incidents.incidents(reader, WHOLE).found
    assert sorted((each.chain_id, len(each.alerts)) for each in found) == [(5, 1), (CHAIN, 2)]


def test_what_a_loss_yielded_to_counts_once(filing: Filing, reader: Reader) -> None:
    part = {"kind": "part-of", "reason": "says less", "id": "drain-1"}
    filing.file(drain(1, value_wei="7"), drain(2, value_wei="7", suppressed_by=part))
    (one,) = incidents.incidents(reader, WHOLE).found
    assert one.wei == 7


def test_incidents_of_too_many_alerts_say_so(
    filing: Filing, reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(incidents, "MOST_ALERTS", 2)
    filing.file(drain(1), drain(2), drain(3))
    found = incidents.incidents(reader, WHOLE)
    assert found.cut
    assert [row.id for row in found.found[0].alerts] == ["drain-2", "drain-3"]


@pytest.mark.parametrize("category", ["wallet-drain", "no-such-category", "", None, 5])
def test_any_category_has_a_stage(category: object) -> None:
    assert incidents.stage_of(category) in incidents.ORDER


def test_addresses_that_keep_coming_back(filing: Filing, reader: Reader) -> None:
    filing.file(*(drain(n) for n in range(1, 4)), poisoning(9))
    found = trends.recurring(reader, WHOLE, ("attacker", "intermediary"))
    assert [(each.address, each.role, each.alerts, each.categories) for each in found] == [
        (MALLORY, "attacker", 4, 2), (VAULT, "intermediary", 3, 1),
    ]  # fmt: skip
    assert (found[0].first, found[0].last) == (at(1), at(9))
    assert [each.address for each in trends.fresh(found, at(9))] == [MALLORY, VAULT]
    assert trends.fresh(found, at(1) + trends.WEEK) == []


def test_tokens_that_alerts_are_about(filing: Filing, reader: Reader) -> None:
    token = "0x" + "70" * 20
    filing.file(*(drain(n, subject_kind="token", subject_id=token) for n in (1, 2)), drain(3))
    assert trends.tokens(reader, WHOLE) == [(CHAIN, token, 2)]


@pytest.mark.parametrize(
    ("filters", "found"),
    [(Filters(chains=(CHAIN,)), ["poison-9", "trap-3", "drain-1"]), (Filters(chains=(5,)), []),
     (Filters(since=at(5)), ["poison-9"]), (Filters(since=at(3)), ["poison-9", "trap-3"]),
     (Filters(search="Tr"), ["trap-3"]), (Filters(search="sai"), ["poison-9", "drain-1"]),
     (Filters(search="ai"), []), (Filters(search="DAD"), ["trap-3"]),
     (Filters(search="%"), []), (Filters(search='"'), []),
     (Filters(search="漢"), ["trap-3"])],
)  # fmt: skip
def test_the_queue_is_narrowed_by_chain_time_and_symbol(
    filing: Filing, reader: Reader, filters: Filters, found: list[str]
) -> None:
    odd = tuple(paid(ALICE, BOB, amount, 3, name) for amount, name in enumerate(("TRAP", "漢字", "Dada")))
    sai = (paid(ALICE, BOB, 1, 1, "SAI"),)
    filing.file(drain(1, evidence=sai), poisoning(9, evidence=sai), drain(3, name="trap", evidence=odd))
    assert [row.id for row in reader.page(filters, 1, 10)] == found
    assert reader.counts(filters).total == len(found)


ODD: tuple[Any, ...] = ("high", "\0\u202e<b>", b"\xff", 1.5, -1, 2**63 - 1, "9" * 5_000)


@pytest.fixture
def sqlite_desk(tmp_path: Path) -> Iterator[tuple[Writer, Reader]]:
    url = f"sqlite:///{tmp_path}/odd.db"
    with closing(open_writer(url)) as writer, closing(open_reader(url)) as reader:
        yield writer, reader


@pytest.mark.parametrize("value", ODD, ids=range(len(ODD)))
def test_one_odd_row_spoils_no_view(sqlite_desk: tuple[Writer, Reader], value: object) -> None:
    writer, reader = sqlite_desk
    Filing(writer).file(drain(1), drain(2), blocks=(judged(5, (ALICE, 0.5), (BOB, 0.4)),))
    columns = {
        "alerts": ("severity", "score", "category", "timestamp", "status", "suppressed", "record"),
        "scores": ("score", "parts", "subject_kind"),
        "roles": ("role", "address"),
    }
    where = {"alerts": "id = 'drain-2'", "scores": f"subject = '{BOB}'", "roles": "alert_id = 'drain-2'"}
    for table, names in columns.items():
        for name in names:
            with writer._engine.begin() as connection:
                before = connection.exec_driver_sql(f"SELECT * FROM {table}").mappings().all()
                connection.exec_driver_sql(
                    f"UPDATE OR IGNORE {table} SET {name} = ? WHERE {where[table]}", (value,)
                )
            assert "drain-1" in {row.id for row in overview.worst(reader, WHOLE, 5)}
            assert sum(each.count for each in overview.timeline(reader, WHOLE, 3_600)) >= 1
            assert overview.worth(reader, WHOLE)
            assert "drain-1" in {
                row.id for each in incidents.incidents(reader, WHOLE).found for row in each.alerts
            }
            assert ALICE in {each.subject for each in subjects.highest(reader, CHAIN, 0, 5)}
            assert isinstance(trends.recurring(reader, WHOLE, ("attacker",)), list)
            assert "drain-1" in {row.id for _, row in subjects.alerts_of(reader, CHAIN, MALLORY)}
            with writer._engine.begin() as connection:
                connection.exec_driver_sql(f"DELETE FROM {table}")
                for row in before:
                    marks = ", ".join("?" for _ in row)
                    connection.exec_driver_sql(f"INSERT INTO {table} VALUES ({marks})", tuple(row.values()))


def test_each_view_goes_by_an_index(sqlite_desk: tuple[Writer, Reader]) -> None:
    """Otherwise a screen would read a table of a hundred thousand rows."""
    writer, reader = sqlite_desk
    Filing(writer).file(drain(1), blocks=(judged(5, (ALICE, 0.5)),))
    asked: list[str] = []

    def explaining(wanted: Any) -> Any:
        with writer._engine.connect() as connection:
            text = str(wanted.compile(writer._engine, compile_kwargs={"literal_binds": True}))
            asked.extend(str(row[3]) for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {text}"))
            return connection.execute(wanted).all()

    looking = type("Looking", (), {"ask": staticmethod(explaining), "heads": reader.heads})()
    overview.timeline(looking, WHOLE, 3_600)
    overview.worst(looking, WHOLE, 3)
    overview.newest(looking, WHOLE, 3)
    overview.worth(looking, WHOLE)
    subjects.alerts_of(looking, CHAIN, ALICE)
    subjects.scores_of(looking, CHAIN, ALICE)
    subjects.highest(looking, CHAIN, 0, 5)
    incidents.incidents(looking, WHOLE)
    trends.recurring(looking, WHOLE, ("attacker",))
    whole = [line for line in asked if line.startswith("SCAN") and " USING " not in line]
    assert [line for line in whole if any(name in line for name in ("alerts", "roles", "scores"))] == []


def test_what_is_no_record_is_left_out(filing: Filing, reader: Reader) -> None:
    filing.file(drain(1), drain(2))
    told = subjects.records(reader, CHAIN, ["drain-1", "drain-9"])
    assert [(status, alert.id) for status, alert in told] == [("provisional", "drain-1")]
    assert replace(told[0][1], status=None) == drain(1)
