"""Bundles of alerts about real blocks of mainnet, judged live and in batch, and made again."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from dashboard.outside.evidence import judging
from dashboard.outside.evidence.alerts import Taken, from_book, from_store
from dashboard.outside.evidence.blocks import LakeBlocks
from dashboard.outside.evidence.gathering import Gathered, gather
from dashboard.outside.evidence.replay import compare, replayed
from dashboard.outside.evidence.signing import Signer
from dashboard.outside.evidence.verifying import check
from dashboard.store import open_writer
from detectors.alerts.alert import Alert
from detectors.base import Detector
from detectors.engine.chosen import judges, variants
from detectors.engine.engine import Engine
from detectors.engine.settings import EngineSettings
from detectors.registry import detectors
from detectors.runs.over_lake import LakeRun, write_book
from ingest.lake.backfill import BackfillSettings, backfill
from ingest.lake.reading import Lake
from ingest.lake.writing import LakeWriter
from ingest.model.batch import Batch, concat
from tests.dashboard.alerts import Filing, judged
from tests.dashboard.outside.evidence.bundles import NOTHING, Change, parsed, resealed
from tests.dashboard.outside.evidence.forgeries import put
from tests.dashboard.outside.evidence.test_evidence_commands import script
from tests.fixtures.mainnet import recorded_json
from tests.fixtures.recorded_node import playing

FIRST, LAST = 17_686_110, 17_686_120
FINALITY = 64


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A lake of the eleven consecutive blocks, the book of a batch run over it, and a key."""
    made = tmp_path_factory.mktemp("mainnet")
    recordings = [recorded_json(f"mainnet/{number}.json.gz") for number in range(FIRST, LAST + 1)]
    with playing(*recordings) as url:
        settings = BackfillSettings(FIRST, LAST, workers=1)
        assert backfill(url, None, settings, made / "lake", threading.Event(), lambda _: None, lambda _: None)
    run = LakeRun(Lake.open(made / "lake"), 1, detectors()).run(None, None, lambda _: None)
    write_book(made / "book.jsonl", run, FINALITY)
    Signer(made / "key")
    return made


def ids(folder: Path) -> list[str]:
    """Of each category the alert with the most rows."""
    alerts = [Alert.from_json(line) for line in (folder / "book.jsonl").read_text().splitlines()]
    largest = {each.category: each for each in sorted(alerts, key=lambda each: len(each.evidence))}
    return [each.id for each in largest.values()]


def bundle(folder: Path, taken: Taken, library: Sequence[Detector] | None = None) -> Gathered:
    blocks = LakeBlocks(folder / "lake", 1)
    return gather(taken, [blocks], Signer(folder / "key"), EngineSettings(), library or detectors())


def refusals(folder: Path, content: bytes) -> list[tuple[str, str]]:
    found = check(content, NOTHING)
    compare(found, LakeBlocks(folder / "lake", 1), EngineSettings(), detectors(), lambda _: None)
    return [(each.name, each.place) for each in found.refusals]


def test_each_category_that_is_found_there_is_proved_and_made_again(folder: Path) -> None:
    for alert_id in ids(folder):
        content = bundle(folder, from_book(folder / "book.jsonl", alert_id, None)).content
        found = check(content, NOTHING)
        compare(found, LakeBlocks(folder / "lake", 1), EngineSettings(), detectors(), lambda _: None)

        assert found.refusals == []
        standing = {claim.what: claim for claim in found.claims}
        rows = parsed(content)["evidence"]["alert"]["evidence"]
        assert {standing[f"row {at}"].standing for at in range(len(rows))} == {"proved"}
        assert (
            standing["the alert as a whole"].note == f"replayed up to block {LAST}: the same, byte for byte"
        )
        run = parsed(content)["evidence"]["run"]
        assert run["ingredients"]["anchor"][0] == FIRST and run["note"] is None


def judged_again(folder: Path, category: str, change: Change | None = None) -> dict[str, set[str]]:
    """By standing, the columns of the largest alert of a category, judged from its bundle alone."""
    every = {alert_id: from_book(folder / "book.jsonl", alert_id, None) for alert_id in ids(folder)}
    taken = next(each for each in every.values() if each.alert.category == category)
    plain = parsed(bundle(folder, taken).content)
    if change is not None:
        change(plain)
    found = check(resealed(plain, Signer(folder / "key")), NOTHING)
    before = len(found.claims)
    judging.compare(found, detectors())
    columns: dict[str, set[str]] = {"proved": set(), "stated": set()}
    for claim in found.claims[before:]:
        columns[claim.standing] |= set(claim.what.removeprefix("of ").split(", "))
    return columns


def test_a_sandwich_follows_from_its_proved_rows_alone(folder: Path) -> None:
    """It is judged within one block: who verifies needs no word of ours, and no memory."""
    columns = judged_again(folder, "sandwich")

    assert columns["proved"] >= {"category and subject", "score", "roles", "rows", "measured loss_wei"}
    assert columns["stated"] == set()


def test_what_is_said_otherwise_than_the_rows_say_is_only_stated_even_with_the_key(folder: Path) -> None:
    forged: dict[str, Change] = {
        "measured loss_wei": put("evidence/alert/measured/loss_wei", "1"),
        "score": put("evidence/alert/score", 0.123),
        "severity": put("evidence/alert/severity", "low"),
        "explanation": put("evidence/alert/explanation", "it was nothing"),
        "roles": put("evidence/alert/roles", lambda roles: roles[:-1]),
    }
    for column, change in forged.items():
        assert judged_again(folder, "sandwich", change)["stated"] == {column}


def test_what_rests_on_memory_is_said_to(folder: Path) -> None:
    columns = judged_again(folder, "address-poisoning")

    assert columns["proved"] == set()
    assert "category and subject" in columns["stated"]


def test_a_script_that_knows_nothing_of_undertow_says_the_same_of_them(folder: Path, tmp_path: Path) -> None:
    for at, alert_id in enumerate(ids(folder)):
        content = bundle(folder, from_book(folder / "book.jsonl", alert_id, None)).content
        (tmp_path / f"{at}.json").write_bytes(content)
        done = script(tmp_path / f"{at}.json")

        assert done.returncode == 0, done.stderr
        rows = [line for line in done.stdout.splitlines() if line.startswith("row")]
        assert len(rows) == len(parsed(content)["evidence"]["alert"]["evidence"])
        assert all(": proved" in line for line in rows)


def live(store: Path, batches: list[Batch], engine: Engine, first: int = 0) -> None:
    """Judges as a follower does, and files what is said as the sink does."""
    with closing(open_writer(f"sqlite:///{store}")) as writer:
        filing = Filing(writer, FINALITY, chain_id=1)
        for at, batch in enumerate(batches, first):
            said = engine.take(batch, at + 1).alerts
            filing.file(*said, blocks=(judged(batch.last, chain_id=1),))


def by_blocks(lake: Path, size: int) -> list[Batch]:
    return list(Lake.open(lake).batches(1, blocks=size))


def in_one_go(folder: Path, store: Path) -> None:
    live(store, by_blocks(folder / "lake", 1), Engine(1, detectors()))


def from_behind(folder: Path, store: Path) -> None:
    live(store, by_blocks(folder / "lake", 4), Engine(1, detectors()))


def with_a_restart(folder: Path, store: Path) -> None:
    """Detection ends after seven blocks and goes on from the fourth: what it says twice is filed twice."""
    batches = by_blocks(folder / "lake", 1)
    live(store, batches[:7], Engine(1, detectors()))
    again = Engine(1, detectors())
    for at, batch in enumerate(batches[:4]):
        again.take(batch, at + 1)
    live(store, batches[4:], again, 4)


@pytest.mark.parametrize("way", [in_one_go, from_behind, with_a_restart])
def test_live_after_a_restart_and_in_batch_the_evidence_is_the_same(
    way: Callable[[Path, Path], None], folder: Path, tmp_path: Path
) -> None:
    way(folder, tmp_path / "alerts.db")
    for alert_id in ids(folder):
        batch = bundle(folder, from_book(folder / "book.jsonl", alert_id, None))
        of_store = bundle(folder, from_store(f"sqlite:///{tmp_path / 'alerts.db'}", alert_id, None))

        assert parsed(of_store.content)["evidence"] == parsed(batch.content)["evidence"]
        assert of_store.name == batch.name
        assert refusals(folder, of_store.content) == []


def grown(folder: Path) -> Alert:
    """The alert that grew over the most blocks."""
    alerts = [Alert.from_json(line) for line in (folder / "book.jsonl").read_text().splitlines()]
    return max(alerts, key=lambda each: each.updated_block - each.block_number)


def test_an_earlier_revision_is_stale_beside_a_lake_that_goes_on(folder: Path) -> None:
    last = grown(folder)
    said = replayed(LakeBlocks(folder / "lake", 1), last, EngineSettings(), detectors(), lambda _: None).said
    earlier = replace(Alert.from_json(said[0]), status="provisional")
    assert earlier.updated_block < last.updated_block
    stale = bundle(folder, Taken(earlier, None)).content

    assert check(stale, NOTHING).refusals == []
    assert refusals(folder, stale) == [("stale", "/evidence/alert")]


FORGED: dict[str, tuple[Change, str]] = {
    "severity": (put("evidence/alert/severity", "critical"), "/evidence/alert/severity"),
    "measured": (
        put("evidence/alert/measured", lambda old: {**old, next(iter(old)): 10**9}),
        "/evidence/alert/measured"),
    "explanation": (put("evidence/alert/explanation", "nothing"), "/evidence/alert/explanation"),
    "roles": (put("evidence/alert/roles", lambda old: old[1:]), "/evidence/alert/roles"),
    "symbol of a coin": (put("evidence/alert/evidence/0/symbol", "USDC"), "/evidence/alert/evidence"),
}  # fmt: skip


@pytest.mark.parametrize("what", FORGED)
def test_whoever_has_the_key_cannot_make_a_lake_say_something_else(what: str, folder: Path) -> None:
    change, place = FORGED[what]
    plain = parsed(bundle(folder, from_book(folder / "book.jsonl", grown(folder).id, None)).content)
    change(plain)
    content = resealed(plain, Signer(folder / "key"))

    assert check(content, NOTHING).refusals == []
    assert refusals(folder, content) == [("not-replayed", place)]


def test_a_lake_that_begins_elsewhere_is_another_run(folder: Path, tmp_path: Path) -> None:
    later = [batch for batch in by_blocks(folder / "lake", 1) if batch.first > FIRST]
    LakeWriter(tmp_path / "lake").write(concat(later))
    alert = next(
        each for line in (folder / "book.jsonl").read_text().splitlines()
        if (each := Alert.from_json(line)).block_number > FIRST + 1
    )  # fmt: skip
    content = bundle(folder, Taken(alert, None)).content
    found = check(content, NOTHING)
    compare(found, LakeBlocks(tmp_path / "lake", 1), EngineSettings(), detectors(), lambda _: None)

    assert [each.name for each in found.refusals] == ["another-run"]


def test_an_alert_that_was_judged_by_chosen_settings_is_proved_and_made_again_by_these_alone(
    folder: Path, tmp_path: Path
) -> None:
    category = Alert.from_json((folder / "book.jsonl").read_text().splitlines()[0]).detector
    (plain,) = (each for each in detectors() if each.name == category)
    one = next(variants(plain))
    (tmp_path / "settings.toml").write_text(f"[{one.of}]\n{one.setting} = {one.now!r}\n")
    chosen = judges(None, tmp_path / "settings.toml")
    run = LakeRun(Lake.open(folder / "lake"), 1, chosen).run(None, None, lambda _: None)
    write_book(tmp_path / "book.jsonl", run, EngineSettings().finality)
    other = next(each.id for each in run.alerts if each.detector != category)
    taken = from_book(tmp_path / "book.jsonl", other, None)
    content = bundle(folder, taken, chosen).content

    def said(library: Sequence[Detector]) -> list[str]:
        found = check(content, NOTHING)
        compare(found, LakeBlocks(folder / "lake", 1), EngineSettings(), library, lambda _: None)
        return [each.name for each in found.refusals]

    assert parsed(content)["evidence"]["run"]["ingredients"] is not None
    assert said(chosen) == []
    assert said(detectors()) == ["another-run"]
    assert "would be run" in parsed(bundle(folder, taken).content)["evidence"]["run"]["note"]


LARGE = """rule large
says "Five coins or more to somebody."
each transfer names payee
when value >= 5 coins and payee is known
"""


def test_an_alert_of_an_analysts_rule_is_proved_and_made_again_with_the_same_rules_alone(
    folder: Path, tmp_path: Path
) -> None:
    (tmp_path / "large.rule").write_text(LARGE)
    chosen = judges(None, None, tmp_path)
    run = LakeRun(Lake.open(folder / "lake"), 1, chosen).run(None, None, lambda _: None)
    write_book(tmp_path / "book.jsonl", run, EngineSettings().finality)
    largest = max((each for each in run.alerts if each.detector == "rule-large"), key=lambda each: each.score)
    content = bundle(folder, from_book(tmp_path / "book.jsonl", largest.id, None), chosen).content

    def said(library: Sequence[Detector]) -> list[str]:
        found = check(content, NOTHING)
        judging.compare(found, library)
        compare(found, LakeBlocks(folder / "lake", 1), EngineSettings(), library, lambda _: None)
        return [each.name for each in found.refusals]

    assert said(chosen) == []
    assert said(detectors()) == ["another-run"]
    (tmp_path / "large.rule").write_text(LARGE.replace("5 coins", "6 coins"))
    assert said(judges(None, None, tmp_path)) == ["another-run"]


def test_the_digest_of_a_run_is_that_of_its_ingredients_as_the_readme_says(folder: Path) -> None:
    content = bundle(folder, from_book(folder / "book.jsonl", grown(folder).id, None)).content
    run = parsed(content)["evidence"]["run"]
    text = json.dumps(run["ingredients"], sort_keys=True)

    assert hashlib.sha256(text.encode()).hexdigest().startswith(run["digest"])
