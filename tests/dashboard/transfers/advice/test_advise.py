"""What alice is told of her own address, from a lake and a store; and that it is written nowhere."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text
from typer.testing import CliRunner

from dashboard.store import Reader, open_reader, open_writer
from dashboard.store.privacy import logged
from dashboard.transfers.advice.advise import MOST_OF_A_KIND, Advised, advise, shown
from dashboard.transfers.advice.alike import alike
from dashboard.transfers.advice.grants import Grant, standing
from dashboard.transfers.door import open_transfers
from detectors.alerts.alert import Role
from ingest.decode import approvals
from ingest.lake.writing import LakeWriter
from tests.dashboard.alerts import Filing, drain
from tests.dashboard.screen import drawn, opened, said
from tests.fixtures.frames import ChainBuilder, address, word
from tests.fixtures.market import APPROVAL, FOR_ALL
from tests.fixtures.postgres import Postgres
from undertow import app

CHAIN, COIN, NOW = 31337, 10**18, 2_000_000_000
ALICE, BOB, MALLORY, SPENDER, SHOP, DAI, TRAP, PIECES = (
    address(name) for name in ("alice", "bob", "mallory", "spender", "shop", "dai", "trap", "pieces")
)
TWIN = BOB[:2] + bytes(16) + BOB[-2:]
"""Looks like bob at both ends."""


def hexed(raw: bytes) -> str:
    return f"0x{raw.hex()}"


def allows(chain: ChainBuilder, spender: bytes, amount: int, token: bytes = DAI) -> ChainBuilder:
    return chain.log(token, (APPROVAL, word(ALICE), word(spender)), word(amount), ALICE)


def town() -> ChainBuilder:
    """Alice pays bob, allows mallory's spender and a shop, gets a token unasked and dust of bob's twin."""
    chain = ChainBuilder(CHAIN).block().metadata(DAI, "Dai", "DAI", 18).metadata(TRAP, "Trap", "=TRAP", 18)
    chain.native(BOB, ALICE, COIN).erc20(DAI, bytes(20), ALICE, 100 * COIN)
    chain.block().native(ALICE, BOB, COIN // 2)
    allows(chain, SPENDER, 2**256 - 1)
    allows(chain, SHOP, 2**256 - 1)
    chain.block().erc20(TRAP, MALLORY, ALICE, 9 * COIN, by=MALLORY).erc20(TRAP, ALICE, TWIN, 5, by=MALLORY)
    return chain.block().lists(MALLORY, "phishing").native(MALLORY, ALICE, 1)


@pytest.fixture
def lake(tmp_path: Path) -> Path:
    LakeWriter(tmp_path / "lake").write(town().batch())
    return tmp_path / "lake"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[tuple[str, Reader]]:
    url = f"sqlite:///{tmp_path}/advice.db"
    with closing(open_writer(url)) as writer:
        Filing(writer).file(
            drain(1, "theft", roles=(Role(hexed(SPENDER), "attacker"), Role(hexed(BOB), "victim"))),
            drain(
                2, "trap", category="honeypot", severity="medium", subject_kind="token",
                subject_id=hexed(TRAP), roles=(Role(hexed(TRAP), "attacker"), Role(hexed(ALICE), "victim")),
            ),
            drain(3, "odd", category="anomalous-wallet", roles=(Role(hexed(SHOP), "subject"),)),
        )  # fmt: skip
    with closing(open_reader(url)) as reader:
        yield url, reader


def told(advised: Advised) -> list[tuple[str, str, str]]:
    return [(each.kind, each.severity, each.about) for each in advised.advice]


def test_alice_is_told_the_worst_first_with_what_it_rests_on(store: tuple[str, Reader], lake: Path) -> None:
    advised = advise(store[1], open_transfers(store[1], str(lake)), CHAIN, hexed(ALICE), NOW)

    assert told(advised) == [
        ("revoke", "critical", hexed(SPENDER)),
        ("beware", "high", hexed(TWIN)),
        ("counterparty", "high", hexed(MALLORY)),
        ("own", "medium", hexed(ALICE)),
        ("token", "medium", hexed(TRAP)),
        ("revoke", "low", hexed(SHOP)),
    ]
    assert advised.unknown == ()
    spender, twin, mallory, own, trap, shop = advised.advice
    assert spender.alert == "theft-1"
    assert f"may take any amount of DAI ({hexed(DAI)}), and is accused of wallet-drain" in spender.sentence
    assert f"looks like {hexed(BOB)}, which was there before" in twin.sentence
    assert mallory.sentence == f"{hexed(MALLORY)} is on a list of thieves; 2 payments from it."
    assert own.sentence == "This address is a victim of honeypot."
    assert "it cannot be sold" in trap.sentence
    assert "revoke it if it is not used" in shop.sentence


def test_without_a_lake_she_is_told_what_is_not_known(store: tuple[str, Reader]) -> None:
    advised = advise(store[1], open_transfers(store[1], ""), CHAIN, hexed(ALICE), NOW)

    assert [each.kind for each in advised.advice] == ["own"]
    assert [line for line in shown(advised) if line.startswith("not known: no lake")]


def test_a_stranger_is_told_that_nothing_is_known(store: tuple[str, Reader], lake: Path) -> None:
    advised = advise(store[1], open_transfers(store[1], str(lake)), CHAIN, "0x" + "12" * 20, NOW)
    assert list(shown(advised)) == [
        "Nothing is known against this address, nor against those it had to do with."
    ]


def test_what_is_too_much_to_tell_is_counted_and_nothing_critical_is_left_out(
    store: tuple[str, Reader], tmp_path: Path
) -> None:
    more, chain = MOST_OF_A_KIND + 3, ChainBuilder(CHAIN).block()
    for at in range(more):
        allows(chain, address(f"shop {at}"), 2**256 - 1)
    allows(chain, SPENDER, 2**256 - 1)
    for at in range(more):
        thief = address(f"thief {at}")
        chain.lists(thief, "phishing").native(thief, ALICE, 1)
        allows(chain, thief, 1)
    LakeWriter(tmp_path / "much").write(chain.batch())

    advised = advise(store[1], open_transfers(store[1], str(tmp_path / "much")), CHAIN, hexed(ALICE), NOW)

    found = Counter((kind, severity) for kind, severity, _ in told(advised))
    assert found["revoke", "critical"] == more + 1
    assert found["revoke", "low"] == found["counterparty", "high"] == MOST_OF_A_KIND
    assert sorted(advised.unknown) == [
        f"of {more} pieces of advice of the kind {kind} the worst {MOST_OF_A_KIND} are told"
        for kind in ("counterparty", "revoke")
    ]


def test_what_was_taken_back_or_has_ended_stands_no_more() -> None:
    chain = ChainBuilder(CHAIN).block()
    allows(allows(allows(chain, SPENDER, 5), SHOP, 7), SPENDER, 0)
    chain.log(PIECES, (FOR_ALL, word(ALICE), word(SHOP)), word(1), ALICE)
    chain.log(PIECES, (FOR_ALL, word(BOB), word(SHOP)), word(1), BOB)
    batch = chain.batch()

    found = standing(approvals(batch.blocks, batch.logs), ALICE, NOW)

    assert found == (
        Grant(hexed(PIECES), hexed(SHOP), "for_all", None, None, 1),
        Grant(hexed(DAI), hexed(SHOP), "erc20", 7, None, 1),
    )
    assert [grant.is_unlimited for grant in found] == [True, False]


def test_who_was_met_later_is_the_one_that_looks_like_the_other() -> None:
    genuine, twin, other = "0xabc" + "0" * 33 + "1234", "0xabc" + "f" * 33 + "1234", "0x" + "9" * 40
    assert alike([genuine, other, twin, genuine]) == {twin: genuine}
    assert alike([twin, other, genuine]) == {genuine: twin}


def asks(*argv: str, given: str = hexed(ALICE)) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "undertow", "advise", *argv], input=given, capture_output=True, text=True,
        timeout=120, check=False,
    )  # fmt: skip


def holding(folder: Path, raw: bytes) -> list[Path]:
    """Files that hold an address: as bytes, or as hex in small or capital letters."""
    written = (raw, raw.hex().encode(), raw.hex().upper().encode())
    files = [path for path in folder.rglob("*") if path.is_file()]
    return [path for path in files if any(each in path.read_bytes() for each in written)]


def test_the_address_is_afterwards_in_no_file_but_those_it_was_in_before(
    store: tuple[str, Reader], lake: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UNDERTOW_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("TMPDIR", str(tmp_path / "temporary"))
    (tmp_path / "temporary").mkdir()
    stranger = address("someone who is nowhere yet")
    before = holding(tmp_path, ALICE)
    assert before, "the lake and the store hold alice"
    assert holding(tmp_path, stranger) == []

    done = asks("-", "--store", store[0], "--lake", str(lake))
    asks("-", "--store", store[0], "--lake", str(lake), given=hexed(stranger))

    assert (done.returncode, done.stdout.splitlines()[0][:8].strip()) == (0, "critical")
    assert holding(tmp_path, stranger) == []
    assert holding(tmp_path, ALICE) == before


def test_an_address_as_an_argument_is_refused_and_not_repeated() -> None:
    done = asks(hexed(ALICE))
    assert done.returncode == 2
    assert "stands in the shell's history" in done.stderr
    assert ALICE.hex() not in done.stderr + done.stdout


@pytest.mark.parametrize(
    "given", ["", "alice.eth\n", hexed(ALICE)[:-1], hexed(ALICE) + "00", "0x" + "g" * 40]
)
def test_what_is_no_address_is_refused_in_a_line_that_does_not_repeat_it(
    store: tuple[str, Reader], given: str
) -> None:
    ran = CliRunner().invoke(app, ["advise", "-", "--store", store[0]], input=given)
    assert str(ran.exception) == "what came on stdin is no address: give 0x and 40 hex digits on one line"


def test_a_program_gets_json_and_which_chain_must_be_clear(
    store: tuple[str, Reader], lake: Path, tmp_path: Path
) -> None:
    argv = ["advise", "-", "--store", store[0], "--lake", str(lake), "--json"]
    document = json.loads(CliRunner().invoke(app, argv, input=hexed(ALICE)).stdout)
    assert document["advice"][0]["about"] == hexed(SPENDER)

    empty = f"sqlite:///{tmp_path}/empty.db"
    open_writer(empty).close()
    ran = CliRunner().invoke(app, ["advise", "-", "--store", empty], input=hexed(ALICE))
    assert str(ran.exception) == "which chain is not clear (known: none): give --chain-id"


def test_a_database_that_writes_down_what_it_is_asked_is_refused_by_the_names_of_its_settings() -> None:
    with (
        tempfile.TemporaryDirectory(prefix="undertow-postgres-") as data,
        Postgres(Path(data)) as server,
    ):
        open_writer(server.url).close()
        with closing(open_reader(server.url)) as reader:
            assert logged(reader) == []
        engine = create_engine(server.url.replace("postgresql:", "postgresql+psycopg:"))
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("ALTER DATABASE postgres SET log_statement = 'all'"))
        engine.dispose()

        ran = CliRunner().invoke(app, ["advise", "-", "--store", server.url], input=hexed(ALICE))

    assert str(ran.exception).startswith("the database may write down what it is asked (log_statement = all)")


def test_on_the_screen_the_address_is_in_no_url_and_the_advice_is_the_same(
    store: tuple[str, Reader], lake: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UNDERTOW_STORE", store[0])
    monkeypatch.setenv("DASHBOARD_LAKE", str(lake))
    page = opened("advice")
    assert "kept nowhere" in said(page)

    page = page.text_input(key="advice_address").input(hexed(ALICE)[2:].upper()).run()

    assert ALICE.hex() not in json.dumps(dict(page.query_params)).lower()
    assert "may take any amount of DAI" in drawn(page)

    page = page.text_input(key="advice_address").input("nobody").run()
    assert "That is no address" in said(page)
