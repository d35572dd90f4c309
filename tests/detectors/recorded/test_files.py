"""Recorded files are of anybody's making: caps, damage and names that hide something."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from detectors.evaluate.recorded import files
from ingest.model.errors import BadInput


def test_files_are_found_by_their_ending_in_order_and_hidden_ones_and_folders_are_not(tmp_path: Path) -> None:
    for name in ("b.json", "a.json.gz", ".c.json", "d.csv", "e.json.txt"):
        (tmp_path / name).touch()
    (tmp_path / "f.json").mkdir()
    assert [path.name for path in files.files(tmp_path, ".json", ".json.gz")] == ["a.json.gz", "b.json"]


def test_a_folder_that_is_none_is_one_clear_line(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"/nowhere cannot be used: cannot be read: No such file"):
        files.files(tmp_path / "nowhere", ".json")


def test_a_packed_bomb_is_refused_before_it_is_unpacked_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "CAP_BYTES", 1000)
    small, bomb = tmp_path / "small.gz", tmp_path / "bomb.gz"
    small.write_bytes(gzip.compress(bytes(1000)))
    bomb.write_bytes(gzip.compress(bytes(1001)))
    assert files.read(small) == bytes(1000)
    with pytest.raises(BadInput, match=r"bomb\.gz cannot be used: holds more than 1000 bytes"):
        files.read(bomb)


@pytest.mark.parametrize(
    "content",
    [b"", b"no gzip at all", gzip.compress(b"recorded")[:-9], gzip.compress(b"recorded")[:10] + b"\xff" * 20],
    ids=["empty", "not packed", "cut short", "damaged"],
)
def test_damage_is_one_clear_line_and_never_another_error(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "some.json.gz"
    path.write_bytes(content)
    with pytest.raises(BadInput, match=r"some\.json\.gz cannot be used: ") as error:
        files.decode(path, files.read(path), dict[str, int])
    assert "\n" not in str(error.value)


def test_a_file_name_that_hides_something_is_written_out(tmp_path: Path) -> None:
    path = tmp_path / "a\u202e\n.json"
    path.write_text("[")
    with pytest.raises(BadInput) as error:
        files.decode(path, files.read(path), list[int])
    assert "/a\\u{202e}\\u{000a}.json cannot be used" in str(error.value)


def test_a_quoted_value_is_cut(tmp_path: Path) -> None:
    assert len(str(files.unusable(tmp_path / "x", "y" * 10_000))) < 450
