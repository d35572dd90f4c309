"""An operator chooses other settings: in a file, refused where they are wrong, and part of the run's name."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from detectors.engine.chosen import applied, as_toml, changed, read, variants
from detectors.engine.digest import digest
from detectors.engine.settings import EngineSettings
from detectors.library.sandwich import Sandwich
from detectors.registry import detectors
from ingest.lake.writing import LakeWriter
from ingest.model.errors import BadInput
from tests.fixtures.frames import ChainBuilder
from undertow import app

ANCHOR = (1, bytes(32))


def written(folder: Path, text: str) -> Path:
    path = folder / "settings.toml"
    path.write_text(text)
    return path


def test_what_a_file_does_not_name_stays_and_the_rest_is_as_it_says(tmp_path: Path) -> None:
    path = written(tmp_path, "[layering]\nfew = 9\n\n[approval-phishing]\nleast_share = 1\n")
    library = {each.name: each for each in detectors()}

    chosen = {each.name: each for each in applied(detectors(), path)}

    assert chosen["layering"].settings != library["layering"].settings
    assert getattr(chosen["approval-phishing"].settings, "least_share") == 1.0  # noqa: B009
    others = chosen.keys() - {"layering", "approval-phishing"}
    assert all(chosen[name] is library[name] for name in others)
    assert [each.name for each in applied(detectors(), path)] == [each.name for each in detectors()]


def test_all_that_is_printed_can_be_read_and_changes_nothing(tmp_path: Path) -> None:
    path = written(tmp_path, "\n".join(as_toml(detectors())))
    same = applied(detectors(), path)
    assert [each.settings for each in same] == [each.settings for each in detectors()]
    assert digest(EngineSettings(), same, ANCHOR) == digest(EngineSettings(), detectors(), ANCHOR)


def test_another_setting_is_another_run(tmp_path: Path) -> None:
    path = written(tmp_path, "[layering]\nfew = 9\n")
    assert digest(EngineSettings(), applied(detectors(), path), ANCHOR) != digest(
        EngineSettings(), detectors(), ANCHOR
    )


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[layring]\nfew = 3\n", r"\[layring\] is no detector: see `undertow settings`"),
        ("[layering]\nfewer = 3\n", r"\[layering\] has no setting fewer that can be chosen \(has: few"),
        ("[layering]\nfew = 'three'\n", r"\[layering\] few = 'three' is no whole number"),
        ("[layering]\nfew = true\n", r"\[layering\] few = True is no whole number"),
        ("[layering]\nfew = 3.5\n", r"\[layering\] few = 3.5 is no whole number"),
        ("[layering]\nfew = -1\n", r"\[layering\] few = -1 is no threshold"),
        ("[approval-phishing]\nleast_share = nan\n", "= nan is no threshold"),
        ("few = 3\n", "few stands in no table"),
        ("[layering\n", "is no TOML"),
        ("[layering]\nfew = [3]\n", "is no whole number"),
    ],
)
def test_a_wrong_file_is_refused_with_its_place(tmp_path: Path, text: str, told: str) -> None:
    path = written(tmp_path, text)
    with pytest.raises(BadInput, match=told) as refused:
        applied(detectors(), path)
    assert str(path) in str(refused.value)


def test_a_file_that_is_not_there_too_long_or_no_text_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="cannot be read"):
        read(tmp_path / "none.toml")
    (tmp_path / "long.toml").write_bytes(b"#" * 1_000_001)
    with pytest.raises(BadInput, match="is longer than"):
        read(tmp_path / "long.toml")
    (tmp_path / "bytes.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(BadInput, match="is no TOML"):
        read(tmp_path / "bytes.toml")


def test_the_library_itself_is_never_changed() -> None:
    (layering,) = (each for each in detectors() if each.name == "layering")
    before = layering.settings
    changed(layering, {"few": 9}, "a test")
    assert layering.settings is before


def test_detect_goes_by_the_file_and_settings_prints_it(tmp_path: Path) -> None:
    chain = ChainBuilder(first_block=1)
    for _ in range(4):
        chain.block()
    LakeWriter(tmp_path / "lake").write(chain.batch())
    path = written(tmp_path, "[layering]\nfew = 7\n")

    printed = CliRunner().invoke(app, ["settings", "--settings", str(path)])
    assert tomllib.loads(printed.stdout)["layering"]["few"] == 7

    argv = ["detect", "--lake", str(tmp_path / "lake"), "--alerts", str(tmp_path / "book")]
    assert CliRunner().invoke(app, [*argv, "--settings", str(path)]).exit_code == 0
    written(tmp_path, "[layering]\nfew = 'x'\n")
    refused = CliRunner().invoke(app, [*argv, "--settings", str(path)])
    assert isinstance(refused.exception, BadInput)


def test_each_number_is_halved_and_doubled_in_a_variant_and_nothing_else() -> None:
    plain: Any = Sandwich()
    found = list(variants(plain))
    assert [(each.setting, each.now) for each in found[:2]] == [("apart", 0.05), ("apart", 0.2)]
    for each in found:
        others: Any = each.detector.settings
        assert getattr(others, each.setting) == each.now != each.was
    assert plain.settings == Sandwich().settings


@dataclass(frozen=True, slots=True)
class Numbers:
    """A share, a count, a count that is least, a factor; a word and a choice are no numbers."""

    share: float = 0.6
    count: int = 3
    least: int = 1
    factor: float = 1.4
    word: str = "all"
    choice: bool = True


def test_a_share_is_at_most_all_and_a_count_at_least_one() -> None:
    plain: Any = Sandwich()
    plain.settings = Numbers()
    assert [(each.setting, each.now) for each in variants(plain)] == [
        ("share", 0.3), ("share", 1.0), ("count", 1), ("count", 6), ("least", 2), ("factor", 0.7),
        ("factor", 2.8),
    ]  # fmt: skip


def test_variants_of_the_whole_library_have_names_of_their_own() -> None:
    names = [each.detector.name for judge in detectors() for each in variants(judge)]
    assert len(names) > len(detectors())
    assert len({*names, *(judge.name for judge in detectors())}) == len(names) + len(detectors())
