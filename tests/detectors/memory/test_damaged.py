"""State that is damaged, cut short or of another kind is refused in one line that says what to do."""

from __future__ import annotations

import json
import random
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest

from detectors.memory.memory import Memory
from ingest.model.errors import UnreadableCheckpoint
from tests.detectors.memory import killed
from tests.detectors.memory.kernels import PAYMENTS
from tests.detectors.memory.town import Town


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    state = tmp_path_factory.mktemp("written")
    town = killed.live(state, lambda number: None)
    town.memory.close()
    return state / "chain-7"


@pytest.fixture
def folder(written: Path, tmp_path: Path) -> Path:
    """A copy to be damaged."""
    copy = tmp_path / "chain-7"
    copy.mkdir()
    for path in written.iterdir():
        (copy / path.name).write_bytes(path.read_bytes())
    return copy


def refusal(folder: Path) -> str:
    with pytest.raises(UnreadableCheckpoint) as refused:
        Town(folder.parent)
    line = str(refused.value)
    assert "\n" not in line
    assert line.endswith("start detect with --rebuild")
    return line


def change(path: Path, how: Callable[[bytearray], bytearray]) -> None:
    path.write_bytes(how(bytearray(path.read_bytes())))


def flipped(place: int) -> Callable[[bytearray], bytearray]:
    def flip(raw: bytearray) -> bytearray:
        raw[place] ^= 1 << random.randrange(8)
        return raw

    return flip


def snapshot(folder: Path) -> Path:
    (found,) = folder.glob("tables-*")
    return found


def used(folder: Path, name: str) -> tuple[Path, int]:
    """The first file of a part, and how many bytes of it count."""
    body = json.loads((folder / "head.json").read_text())["body"]
    widths = {"rows": 7 * 8, "payments": 5 * 8, "names": 64}
    kept = body["logs"].get(name) or body["names"][name]
    return folder / f"{name}.000000000000", widths[name] * (kept.get("rows") or kept["count"])


def test_undamaged_it_is_read(folder: Path) -> None:
    head = json.loads((folder / "head.json").read_text())["body"]
    town = Town(folder.parent)
    assert town.memory.block == head["block"] > 0
    town.memory.close()


def test_any_flipped_bit_of_a_snapshot_is_noticed(folder: Path) -> None:
    path = snapshot(folder)
    whole = path.read_bytes()
    for _ in range(40):
        change(path, flipped(random.randrange(len(whole))))
        assert f"{path} is damaged" in refusal(folder)
        path.write_bytes(whole)


@pytest.mark.parametrize("left", [0, 1, 63, 64, 65])
def test_a_snapshot_cut_short_is_noticed(left: int, folder: Path) -> None:
    change(snapshot(folder), lambda raw: raw[:left])
    assert "frame 0" in refusal(folder)


def test_a_snapshot_that_lacks_its_last_byte_is_noticed(folder: Path) -> None:
    change(snapshot(folder), lambda raw: raw[:-1])
    assert "damaged" in refusal(folder)


def test_a_snapshot_that_is_gone_is_noticed(folder: Path) -> None:
    path = snapshot(folder)
    path.unlink()
    assert str(path) in refusal(folder)


def test_frames_in_another_order_are_noticed(folder: Path) -> None:
    """Each has its own checksum, which is right, and its number, which is not."""

    def doubled(raw: bytearray) -> bytearray:
        size = 64 + 8 * int.from_bytes(raw[48:56], "little")
        return raw[:size] + raw

    change(snapshot(folder), doubled)
    assert "frame 1 does not begin where it should" in refusal(folder)


@pytest.mark.parametrize("name", ["rows", "payments", "names"])
def test_any_flipped_bit_of_rows_that_count_is_noticed(name: str, folder: Path) -> None:
    path, size = used(folder, name)
    whole = path.read_bytes()
    for _ in range(15):
        change(path, flipped(_word(random.randrange(size), name)))
        assert "is damaged (its checksum is another)" in refusal(folder)
        path.write_bytes(whole)


def _word(place: int, name: str) -> int:
    """Of a name, the address: facts that are not known are 0 and may be told in blocks to come."""
    return place // 64 * 64 + place % 20 if name == "names" else place


def test_a_fact_of_a_name_that_is_changed_is_noticed(folder: Path) -> None:
    path, size = used(folder, "names")
    whole = path.read_bytes()
    told = [at for at in range(28, size, 64) if whole[at : at + 4] != bytes(4)]
    assert len(told) > 3
    for at in told:
        change(path, flipped(at))
        refusal(folder)
        path.write_bytes(whole)


@pytest.mark.parametrize("name", ["rows", "payments", "names"])
def test_rows_cut_short_are_noticed(name: str, folder: Path) -> None:
    path, size = used(folder, name)
    change(path, lambda raw: raw[: size - 1])
    assert f"{path} is cut short ({size - 1:,} of {size:,} bytes)" in refusal(folder)
    path.unlink()
    assert "is cut short (0 of" in refusal(folder)


@pytest.mark.parametrize("name", ["rows", "payments", "names"])
def test_what_lies_behind_the_head_does_not_count(name: str, folder: Path) -> None:
    """Rows of blocks that came later, whole or not, are cut off."""
    path, size = used(folder, name)
    change(path, lambda raw: raw[:size] + bytearray(random.randbytes(300)))
    town = Town(folder.parent)
    town.blocks = killed.story()[: town.memory.block + 1]
    assert town.memory.digest() == town.twin().memory.digest()
    town.memory.close()


def test_any_changed_byte_of_a_head_is_noticed(folder: Path) -> None:
    path = folder / "head.json"
    whole = path.read_bytes()
    for _ in range(40):
        change(path, flipped(random.randrange(len(whole))))
        assert str(path) in refusal(folder)
        path.write_bytes(whole)


@pytest.mark.parametrize("raw", [b"", b"{", b"[]", b"null", b'{"version": 1}', b"\xff\xfe", b"[" * 100_000])
def test_what_is_no_head_is_refused(raw: bytes, folder: Path) -> None:
    (folder / "head.json").write_bytes(raw)
    assert f"{folder / 'head.json'} is damaged" in refusal(folder)


def test_a_head_of_another_version_is_refused(folder: Path) -> None:
    path = folder / "head.json"
    whole = json.loads(path.read_text())
    path.write_text(json.dumps({**whole, "version": 0}))
    assert "is of version 0, this is version 1" in refusal(folder)
    path.write_text(json.dumps({**whole, "version": 2}))
    with pytest.raises(UnreadableCheckpoint, match=r"version 2, this one knows 1\): update undertow$"):
        Town(folder.parent)


def test_a_head_with_other_fields_is_refused(folder: Path) -> None:
    path = folder / "head.json"
    body = {**json.loads(path.read_text())["body"], "more": 1}
    checksum = zlib.crc32(json.dumps(body).encode())
    path.write_text(json.dumps({"version": 1, "checksum": checksum, "body": body}))
    assert "unexpected keyword argument 'more'" in refusal(folder)


def test_state_with_other_tables_is_refused_by_their_names(folder: Path) -> None:
    memory = Memory(folder.parent, 7)
    memory.table("payers", PAYMENTS, horizon_s=5, cap=5)
    memory.names()
    with pytest.raises(UnreadableCheckpoint, match=r"other tables .*\(payers, payments, rows\).*--rebuild"):
        memory.open()
    memory.close()


def test_a_disk_that_is_full_while_state_is_written_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _dies_of_a_full_disk(tmp_path, monkeypatch, "write")
    _dies_of_a_full_disk(tmp_path, monkeypatch, "sync")


def _dies_of_a_full_disk(state: Path, monkeypatch: pytest.MonkeyPatch, what: str) -> None:
    from detectors.memory import files
    from detectors.memory.errors import MemoryFull

    def full(*given: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(files, what, full)
        town = Town(state)
        for block in killed.story(20):
            town.live(block)
        town.memory.forget(15)
        town.memory.begin_snapshot({})
        with pytest.raises(
            MemoryFull, match=r"cannot be written to .* \(No space left on device\): make room"
        ):
            town.memory.finish_snapshot()
        town.memory.close()
