"""A store that is brought back from a backup tells nobody twice, and still tells them when it is over."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from dashboard.outside.outbox.mark import KEPT_S, Mark
from dashboard.store import open_writer
from ingest.model.errors import BadInput
from tests.dashboard.alerts import Filing, judged
from tests.dashboard.outside.receivers import Received, receiver
from tests.dashboard.outside.test_notify import ALL_TO_SOC, OVER, SECRET, Telling, drain, webhook

DAY = 86_400
ID = "0123456789abcdef" * 2


@pytest.fixture(autouse=True)
def secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOC_SECRET", SECRET)


@pytest.fixture
def received() -> Iterator[Received]:
    with receiver() as received:
        yield received


def backed_up(store: str, copy: Path) -> str:
    """The store as a backup of now holds it."""
    path = store.removeprefix("sqlite:///")
    with closing(sqlite3.connect(path)) as here, closing(sqlite3.connect(copy)) as there:
        here.backup(there)
    return f"sqlite:///{copy}"


class Operator:
    """Whose store is `store`, until they bring back another. What is filed is filed again from Kafka then."""

    def __init__(self, store: str, folder: Path, received: Received) -> None:
        self.store = store
        self.telling = Telling(store, folder, webhook(received), ALL_TO_SOC)
        self._received = received

    def files(self, *alerts: object) -> None:
        with closing(open_writer(self.store)) as writer:
            Filing(writer).file(*alerts, blocks=(judged(9),))  # type: ignore[arg-type]

    def brings_back(self, store: str) -> None:
        self.store = self.telling.url = store

    def kinds(self) -> list[str]:
        return [each["kind"] for each in self._received.told()]


@pytest.mark.parametrize("late", [60, DAY // 2], ids=["at once", "when its blocks are old"])
def test_a_backup_tells_nothing_twice_and_what_follows_is_told(
    received: Received, sqlite_url: str, tmp_path: Path, late: int
) -> None:
    operator = Operator(sqlite_url, tmp_path, received)
    since = (drain(1, severity="critical"), drain(2), drain(2, **OVER), drain(3))
    operator.files(drain(1))
    operator.telling.tell()
    backup = backed_up(operator.store, tmp_path / "backup.db")
    for alert in since:
        operator.files(alert)
        operator.telling.tell()
    told = ["raised", "risen", "raised", "retracted", "raised"]
    assert operator.kinds() == told

    operator.brings_back(backup)
    operator.telling.tell(after=late)
    for alert in since:
        operator.files(alert)
        operator.telling.tell()
    assert operator.kinds() == told

    operator.files(drain(3, **OVER))
    operator.files(drain(1, severity="critical", **OVER))
    operator.telling.tell()
    assert operator.kinds() == [*told, "retracted", "retracted"]


def test_what_waited_when_the_backup_was_made_and_arrived_since_is_not_sent_again(
    received: Received, sqlite_url: str, tmp_path: Path
) -> None:
    operator = Operator(sqlite_url, tmp_path, received)
    received.answers = [503]
    operator.files(drain(1))
    operator.telling.tell()
    backup = backed_up(operator.store, tmp_path / "backup.db")
    operator.telling.tell(after=60)
    assert operator.kinds() == ["raised", "raised"], "refused once, then taken"

    operator.brings_back(backup)
    operator.telling.tell(after=60)
    assert len(received.posts) == 2


def test_what_was_told_together_is_not_told_again_either(
    received: Received, sqlite_url: str, tmp_path: Path
) -> None:
    operator = Operator(sqlite_url, tmp_path, received)
    operator.telling = Telling(sqlite_url, tmp_path, webhook(received), ALL_TO_SOC + 'digest = "1h"\n')
    operator.files()
    backup, alerts = backed_up(operator.store, tmp_path / "backup.db"), [drain(1), drain(2), drain(3)]
    for turn in range(2):
        for alert in alerts:
            operator.files(alert)
        operator.telling.tell()
        operator.telling.tell(after=3_700)
        assert operator.kinds() == ["digest"], f"turn {turn}"
        operator.brings_back(backup)


def test_without_the_mark_everything_is_told_again(
    received: Received, sqlite_url: str, tmp_path: Path
) -> None:
    operator = Operator(sqlite_url, tmp_path, received)
    operator.files()
    backup = backed_up(operator.store, tmp_path / "backup.db")
    alert = drain(1)
    operator.files(alert)
    operator.telling.tell()
    operator.telling.mark.unlink()
    operator.brings_back(backup)
    operator.files(alert)
    operator.telling.tell()
    first, second = received.told()
    assert first["id"] == second["id"], "under the same id, by which a receiver can know it"


def test_a_mark_forgets_what_is_too_old_to_come_again(tmp_path: Path) -> None:
    Mark(tmp_path / "told.txt", 0).note([ID], 1_000)
    other = ID.replace("0", "f")
    Mark(tmp_path / "told.txt", 0).note([other], 1_000 + DAY)
    kept = Mark(tmp_path / "told.txt", 1_000 + KEPT_S)
    assert (ID in kept, other in kept) == (False, True)
    assert (tmp_path / "told.txt").read_text() == f"{1_000 + DAY} {other}\n"


def test_a_line_that_a_power_cut_left_is_no_line_and_others_follow_it(tmp_path: Path) -> None:
    path = tmp_path / "told.txt"
    Mark(path, 0).note([ID], 5)
    path.write_text(path.read_text() + "5 0123")
    Mark(path, 0).note([ID.replace("0", "f")], 6)
    assert len(Mark(path, 0)) == 2


def test_a_mark_that_is_none_or_cannot_be_written_is_refused_in_one_line(tmp_path: Path) -> None:
    path = tmp_path / "told.txt"
    path.write_text(f"5 {ID}\nnonsense\n")
    with pytest.raises(BadInput, match=r"told\.txt, line 2, is no mark of what was told"):
        Mark(path, 0)
    path.unlink()
    path.mkdir()
    with pytest.raises(BadInput, match="see --mark"):
        Mark(path, 0)
    (tmp_path / "file").touch()
    with pytest.raises(BadInput, match="cannot be written: File exists: see --mark"):
        Mark(tmp_path / "file" / "told.txt", 0)


def test_a_mark_that_others_may_write_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "told.txt"
    path.touch()
    path.chmod(0o666)
    with pytest.raises(BadInput, match="others may write to"):
        Mark(path, 0)
