"""Transfers come from the lake, above it from alerts, and say where they were cut."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from dashboard.store import Reader
from dashboard.transfers import lake as lakes
from dashboard.transfers.door import Transfers, open_transfers
from dashboard.transfers.lookalike import looks
from dashboard.transfers.values import Asked
from detectors.alerts.alert import Evidence, Role
from ingest.lake.writing import LakeWriter
from ingest.model.errors import NotALake
from tests.dashboard.alerts import Filing, drain, paid
from tests.dashboard.transfers.town import (
    ALICE,
    BANK,
    BOB,
    CAROL,
    CHAIN,
    COIN,
    DAI,
    MALLORY,
    TRAP,
    TWIN,
    VAULT,
    chain,
)  # fmt: skip


def moved(found: Transfers, **asked: object) -> list[tuple[int, str, str, int]]:
    wanted = Asked(CHAIN, **asked)  # type: ignore[arg-type]
    return [(row.block_number, row.payer, row.payee, row.amount) for row in found.find(wanted).transfers]


def test_a_wallets_transfers_come_newest_first_with_exact_amounts(town: Transfers) -> None:
    assert moved(town, addresses=(BOB,)) == [
        (3, BOB, CAROL, COIN), (2, ALICE, BOB, 300 * COIN), (2, ALICE, BOB, 2 * COIN),
    ]  # fmt: skip


def test_a_direction_a_token_and_a_stretch_of_blocks_narrow_them(town: Transfers) -> None:
    assert moved(town, addresses=(ALICE,), direction="in", native_only=True) == [(1, BANK, ALICE, 10 * COIN)]
    assert moved(town, token=DAI, first_block=4, last_block=5, order="oldest") == [
        (4, ALICE, MALLORY, 500 * COIN), (5, MALLORY, VAULT, 499 * COIN),
    ]  # fmt: skip
    assert moved(town, addresses=("0x" + "99" * 20,)) == []


def test_a_transaction_is_found_by_its_hash(town: Transfers) -> None:
    row = town.find(Asked(CHAIN, (VAULT,), "in", token=DAI)).transfers[0]
    assert moved(town, transaction=row.transaction) == [(5, MALLORY, VAULT, 499 * COIN)]


def test_what_is_cut_is_said(town: Transfers) -> None:
    found = town.find(Asked(CHAIN, token=DAI, most=2, order="oldest"))
    assert [row.block_number for row in found.transfers] == [1, 2]
    assert found.left_out == ("only the oldest 2 transfers are read",)
    assert town.find(Asked(CHAIN, token=DAI, most=5)).left_out == ()


def test_files_that_are_not_looked_through_are_said(town: Transfers, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lakes, "MOST_FILES", 1)
    found = town.find(Asked(CHAIN, (BOB,)))
    assert found.transfers == ()
    assert found.left_out == ("of this lake 1 files before block 4 are not looked through",)


def test_tokens_are_called_as_they_call_themselves_made_safe(town: Transfers) -> None:
    told = town.named(CHAIN, [DAI, TRAP, BOB])
    assert (told[DAI].symbol, told[DAI].decimals) == ("DAI", 18)
    assert told[TRAP].name == r"![p](http://198.51.100.7/x.png)\u{202e}<b>"
    assert told[TRAP].raw_symbol == b"=HYPERLINK(1)"
    assert told[BOB].symbol == f"{BOB[:8]}…{BOB[-6:]}"


def test_a_token_that_looks_the_same_is_found(town: Transfers) -> None:
    assert {each.address for each in town.alike(CHAIN, b"DAI")} == {DAI, TWIN}
    assert town.alike(CHAIN, b"") == []


@pytest.mark.parametrize(
    "twin", ["D\u0410I", "dai", "Ｄ\uff21Ｉ", "D\u200bAI", "D A I", "𝐃𝐀𝐈", "DAI\0\0", "DÁI"], ids=range(8)
)
def test_symbols_that_a_reader_takes_for_each_other_look_the_same(twin: str) -> None:
    assert looks(twin.encode()) == looks(b"DAI")


def test_other_symbols_look_different() -> None:
    assert len({looks(each) for each in (b"DAI", b"DAO", b"sDAI", b"USDC", b"", b"\xff")}) == 6


def test_above_the_lakes_last_block_alerts_tell(town: Transfers, desk: tuple[Filing, Reader]) -> None:
    row = replace(paid(MALLORY, ALICE, 3, 9), from_address=MALLORY, to_address=ALICE, token=DAI)
    old = replace(row, block_number=4, transaction="0x" + "77" * 32)
    roles = (Role(ALICE, "victim"), Role(MALLORY, "attacker"))
    desk[0].file(drain(9, roles=roles, evidence=(row, old)))
    assert moved(town, addresses=(ALICE,), direction="in", token=DAI) == [
        (9, MALLORY, ALICE, 3 * COIN), (1, "0x" + "00" * 20, ALICE, 1_000 * COIN),
    ]  # fmt: skip


def test_without_a_lake_alerts_tell_and_the_screen_says_how_to_get_one(
    no_lake: Transfers, desk: tuple[Filing, Reader]
) -> None:
    roles = (Role(ALICE, "victim"), Role(MALLORY, "attacker"))
    row = replace(paid(ALICE, MALLORY, 3, 9), from_address=ALICE, to_address=MALLORY)
    desk[0].file(drain(9, roles=roles, evidence=(row,)))
    assert moved(no_lake, addresses=(MALLORY,)) == [(9, ALICE, MALLORY, 3 * COIN)]
    assert "undertow dashboard --lake DIR" in no_lake.note(CHAIN)
    moves = no_lake.find(Asked(CHAIN, (MALLORY,))).transfers
    assert no_lake.tokens(CHAIN, moves)[str(row.token)].symbol == "DAI"


def test_what_a_retracted_alert_told_is_not_believed(no_lake: Transfers, desk: tuple[Filing, Reader]) -> None:
    roles = (Role(ALICE, "victim"),)
    row = replace(paid(ALICE, MALLORY, 3, 9), from_address=ALICE, to_address=MALLORY)
    desk[0].file(drain(9, roles=roles, evidence=(row,), status="retracted"))
    assert moved(no_lake, addresses=(ALICE,)) == []


@pytest.mark.parametrize(
    ("name", "value"),
    [("amount", "-5"), ("amount", None), ("amount", "9" * 5_000), ("block_number", "x"),
     ("from_address", "0x"), ("to_address", None), ("to_address", "0x" + "zz" * 20), ("token", "\u202e"),
     ("log_index", [1])],
)  # fmt: skip
def test_evidence_that_is_no_transfer_spoils_its_own_row_only(
    no_lake: Transfers, desk: tuple[Filing, Reader], name: str, value: object
) -> None:
    good = Evidence("0x" + "1" * 64, 1, 9, ALICE, BOB, DAI, "DAI", 18, "5")
    odd = replace(good, **{name: value})  # type: ignore[arg-type]
    desk[0].file(drain(9, roles=(Role(ALICE, "victim"),), evidence=(good,)))
    with desk[0].writer._engine.begin() as connection:
        record = json.dumps(drain(9, roles=(Role(ALICE, "victim"),), evidence=(good, odd)).to_dict())
        connection.exec_driver_sql("UPDATE alerts SET record = ?", (record,))
    assert (9, ALICE, BOB, 5) in moved(no_lake, addresses=(ALICE,))


def test_a_chain_that_the_lake_does_not_hold_is_said(town: Transfers) -> None:
    assert "holds no block of chain 5, but of: 31337" in town.note(5)
    assert town.find(Asked(5, (ALICE,))).transfers == ()


def test_a_folder_that_is_no_lake_is_refused_in_one_line(desk: tuple[Filing, Reader], tmp_path: Path) -> None:
    with pytest.raises(NotALake, match="is not a lake"):
        open_transfers(desk[1], str(tmp_path))


@pytest.mark.parametrize("damage", ["gone", "garbled"])
def test_a_damaged_file_is_said_in_one_line(
    desk: tuple[Filing, Reader], town_lake: Path, tmp_path: Path, damage: str
) -> None:
    copy = Path(shutil.copytree(town_lake, tmp_path / "copy"))
    file = next((copy / "transfers").rglob("*.parquet"))
    file.unlink() if damage == "gone" else file.write_bytes(b"not Parquet")
    with pytest.raises(NotALake, match=r"damaged or of another version: .*; backfill it again") as raised:
        open_transfers(desk[1], str(copy)).find(Asked(CHAIN, (ALICE,)))
    assert "\n" not in str(raised.value)


def test_a_range_that_comes_later_is_seen(desk: tuple[Filing, Reader], tmp_path: Path) -> None:
    built, writer = chain(), LakeWriter(tmp_path / "growing")
    writer.write(built.batch(1, 3))
    growing = open_transfers(desk[1], str(tmp_path / "growing"))
    assert growing.last_block(CHAIN) == 3
    writer.write(built.batch(4, 6))
    assert growing.last_block(CHAIN) == 6
    assert moved(growing, addresses=(VAULT,), direction="in", token=DAI) == [(5, MALLORY, VAULT, 499 * COIN)]
