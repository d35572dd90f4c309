"""Ann confirms what was theft and dismisses what was not: another setting is proposed, none is applied."""

from __future__ import annotations

import tomllib
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from dashboard.outside.tuning.proposals import Tuned, tune
from dashboard.store import LOCAL, AlertKey, Change, open_desk, open_reader, open_writer
from dashboard.store.judgements import Judgement, closed, judgements
from detectors.base import Finding, Seen
from detectors.engine.chosen import applied
from detectors.runs.over_lake import LakeRun
from ingest.lake.reading import Lake
from ingest.lake.writing import LakeWriter
from ingest.model.errors import BadInput
from tests.dashboard.alerts import CHAIN, Filing
from tests.detectors.test_engine import LargePayments
from tests.fixtures.frames import ChainBuilder, address
from undertow import app

SMALL, LARGE = 1_500, 9_000
THIEVES = tuple(f"thief {n}" for n in range(6))
SHOPS = tuple(f"shop {n}" for n in range(6))


@dataclass(frozen=True, slots=True)
class Settings:
    """least: wei from which on a payment is large; names: not a number, and never tried."""

    least: int = 1_000
    names: str = "all"


class Large(LargePayments):
    """Payments of `least` wei or more."""

    name = "large"
    settings: Any = Settings()

    def score(self, seen: Seen) -> list[Finding]:
        found = []
        for each in super().score(seen):
            amount = int.from_bytes(each.rows[0].amount or b"", "big")
            found.append(replace(each, score=min(1.0, amount / 10_000), alerts=amount >= self.settings.least))
        return found


def town() -> ChainBuilder:
    """A thief pays much and a shop a little, in turns; walter pays less than what alerts."""
    chain = ChainBuilder(CHAIN, first_block=1)
    for thief, shop in zip(THIEVES, SHOPS, strict=True):
        chain.block().native(address(thief), address("fence"), LARGE)
        chain.block().native(address(shop), address("bank"), SMALL)
    return chain


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    LakeWriter(tmp_path / "lake").write(town().batch())
    return Lake.open(tmp_path / "lake")


def told(right: tuple[str, ...] = THIEVES, wrong: tuple[str, ...] = SHOPS) -> list[Judgement]:
    """Thief n is of block 2 n + 1, shop n of the one after it."""
    found = [
        Judgement("large", "anomalous-flow", f"0x{address(who).hex()}", 2 * at + 1 + late, not late)
        for late, names in enumerate((right, wrong))
        for at, who in enumerate(names)
    ]
    return sorted(found, key=lambda each: each.block_number)


def tuned(lake: Lake, judged: list[Judgement], **more: object) -> Tuned:
    return tune(lake, CHAIN, judged, [Large()], lambda _progress: None, **more)  # type: ignore[arg-type]


def test_the_setting_that_the_earlier_half_speaks_for_is_measured_on_the_later_one(lake: Lake) -> None:
    found = tuned(lake, told())

    (proposal,) = found.proposals
    assert (proposal.variant.setting, proposal.variant.was, proposal.variant.now) == ("least", 1_000, 2_000)
    before, after = proposal.later
    assert (found.cut, before.of_confirmed, before.of_dismissed) == (7, 3, 3)
    assert (before.confirmed, before.dismissed, before.alerts) == (3, 3, 6)
    assert (after.confirmed, after.dismissed, after.alerts) == (3, 0, 3)
    assert (before.per_10k, after.per_10k) == (10_000.0, 5_000.0)
    assert found.silent == {}


def test_nothing_is_proposed_where_people_confirmed_all(lake: Lake) -> None:
    everything = [replace(each, is_right=True) for each in told()]
    found = tuned(lake, everything)
    assert found.proposals == ()
    assert found.silent == {"large": "no setting at half or double fits the judgements better than today's"}


def test_what_helps_no_later_block_is_named_and_not_proposed(lake: Lake) -> None:
    judged = [replace(each, is_right=True) if each.block_number >= 7 else each for each in told()]
    assert tuned(lake, judged).silent == {
        "large": "least = 2000 fits the earlier judgements better, and later ones no better"
    }


def test_a_detector_that_was_judged_too_rarely_or_is_gone_is_named(lake: Lake) -> None:
    rare = [replace(each, detector="rare") for each in told()[:2]]
    gone = tuned(lake, [*told(), *rare])
    assert gone.silent["rare"] == "there is no such detector any more"
    few = tuned(lake, [*told()[:2], *(replace(each, detector="rare") for each in told()[2:])])
    assert "too few" in few.silent["large"]


def test_too_few_judgements_and_those_of_one_block_are_refused(lake: Lake) -> None:
    with pytest.raises(BadInput, match=r"^3 alerts were confirmed or dismissed: close 4 cases at least"):
        tuned(lake, told()[:3])
    with pytest.raises(BadInput, match=r"^all judgements are of block 1"):
        tuned(lake, [replace(each, block_number=1) for each in told()])
    with pytest.raises(BadInput, match=r"^0 alerts"):
        tuned(lake, told(), only=["another"])


def test_what_did_not_alert_is_shown_for_review(tmp_path: Path) -> None:
    chain = town()
    chain.block().native(address("walter"), address("fence"), 5_000)
    LakeWriter(tmp_path / "lake").write(chain.batch())
    strict = Large()
    strict.settings = Settings(least=6_000)
    judged = [each for each in told() if each.is_right]
    judged += [replace(each, is_right=False, block_number=each.block_number + 1) for each in judged[:2]]

    found = tune(Lake.open(tmp_path / "lake"), CHAIN, judged, [strict], lambda _progress: None)

    assert f"0x{address('walter').hex()}" in [each.subject for each in found.unalerted]


def closed_cases(url: str, lake: Lake) -> None:
    """The alerts of a run in a store, and what Ann found them to be."""
    judged = LakeRun(lake, CHAIN, [Large()]).run(None, None, lambda _progress: None)
    with closing(open_writer(url)) as writer:
        Filing(writer).file(*judged.alerts)
    thieves = {f"0x{address(each).hex()}" for each in THIEVES}
    with closing(open_desk(url)) as desk:
        for alert in judged.alerts:
            right = alert.subject_id in thieves
            change = (
                Change(disposition="confirmed", reason="loss-verified")
                if right
                else Change(disposition="dismissed", reason="ordinary-trading")
            )
            desk.change(LOCAL, AlertKey(CHAIN, alert.id), 0, change)


def test_by_command_a_file_is_written_and_nothing_is_applied(
    tmp_path: Path, lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    url, out = f"sqlite:///{tmp_path}/store.db", tmp_path / "proposed.toml"
    closed_cases(url, lake)
    monkeypatch.setattr("detectors.registry.detectors", lambda: (Large(),))
    with closing(open_reader(url)) as reader:
        assert judgements(reader, CHAIN) == told()
        assert closed(reader, CHAIN) == {"confirmed": 6, "dismissed": 6}

    argv = ["tune", "--store", url, "--lake", str(tmp_path / "lake"), "--out", str(out)]
    ran = CliRunner().invoke(app, argv)

    assert ran.exit_code == 0, ran.exception
    assert "large: least = 2000 instead of 1000" in ran.stdout
    assert "confirmed 3 of 3 (44 to 100 %), dismissed 0 of 3 (0 to 56 %), 5000.00 alerts per" in ran.stdout
    assert "People judge only what alerted" in ran.stdout
    assert tomllib.loads(out.read_text()) == {"large": {"least": 2_000}}
    assert "# was 1000; later blocks, before: confirmed 3 of 3" in out.read_text()
    (chosen,) = applied([Large()], out)
    assert (chosen.settings, Large().settings) == (Settings(2_000), Settings(1_000))


def test_settings_that_were_chosen_before_stay_in_the_file(
    tmp_path: Path, lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    url, before, out = f"sqlite:///{tmp_path}/store.db", tmp_path / "before.toml", tmp_path / "after.toml"
    closed_cases(url, lake)
    before.write_text('[large]\nnames = "some"\nleast = 1200\n')
    monkeypatch.setattr("detectors.registry.detectors", lambda: (Large(),))
    argv = ["tune", "--store", url, "--lake", str(tmp_path / "lake"), "--out", str(out)]

    ran = CliRunner().invoke(app, [*argv, "--settings", str(before)])

    assert ran.exit_code == 0, ran.exception
    assert tomllib.loads(out.read_text()) == {"large": {"names": "some", "least": 2_400}}
