"""Further channels are told by Apprise: as safely, and as often, as by senders of our own."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from dashboard.outside.outbox import apprise_sender
from dashboard.outside.outbox.apprise_sender import inert
from dashboard.outside.outbox.senders import sender
from dashboard.store import open_reader, open_writer
from dashboard.store.outbox_reading import dead_letters, outbox_counts
from ingest.model.errors import BadInput
from tests.dashboard.alerts import Filing, drain, judged
from tests.dashboard.outside.receivers import Received, receiver
from tests.dashboard.outside.test_notify import Telling
from tests.dashboard.people import HOSTILE

CHANNEL = '[channels.team]\nkind = "apprise"\nurl = "env:TEAM_URL"\n'
ROUTE = '[[routes]]\nchannels = ["team"]\n'


@pytest.fixture
def received(monkeypatch: pytest.MonkeyPatch) -> Iterator[Received]:
    with receiver() as received:
        monkeypatch.setenv("TEAM_URL", received.url.replace("http://", "json://ann:top-secret@"))
        yield received


def test_a_message_comes_once_with_its_id_and_what_fails_comes_again_under_the_same(
    received: Received, sqlite_url: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    received.answers = [500]
    telling = Telling(sqlite_url, tmp_path, CHANNEL, ROUTE)
    with closing(open_writer(sqlite_url)) as writer:
        Filing(writer).file(drain(1, timestamp=int(time.time())), blocks=(judged(1),))
    telling.tell()
    assert len(received.posts) == 1
    telling.tell(after=3)
    telling.tell(after=3)
    first, again = received.told()
    assert first == again and first["title"] == "undertow: new: high wallet-drain on chain 31337"
    assert len(first["message"].splitlines()[-1]) == 32
    with closing(open_reader(sqlite_url)) as reader:
        assert outbox_counts(reader)["sent"] == 1 and dead_letters(reader) == []
    assert "top-secret" not in "".join(capfd.readouterr())


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_name_is_text_in_every_channel(
    name: str, received: Received, sqlite_url: str, tmp_path: Path
) -> None:
    telling = Telling(sqlite_url, tmp_path, CHANNEL, ROUTE)
    words = f"{name} <!channel> @here [x](https://evil.example) `rm` **x** _y_"
    with closing(open_writer(sqlite_url)) as writer:
        Filing(writer).file(drain(1, timestamp=int(time.time()), explanation=words), blocks=(judged(1),))
    telling.tell()
    ((_, body),) = received.posts
    (told,) = received.told()
    assert not set(told["message"]) & set("<>`*_~|#\\")
    assert "](" not in told["message"] and "://" not in told["message"] and "@here" not in told["message"]
    assert len(body) < 10_000


def test_letters_that_act_are_replaced_one_by_one() -> None:
    assert inert("<b>*_`~|#\\") == "‹b›∗ˍˋ∼¦＃＼"
    assert inert("[a](b)") == "[a] (b)"


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("json://soc.example/path", "in the open"),
        ("nothing://of-the-kind", "no address that Apprise knows"),
        ("just words", "no address that Apprise knows"),
    ],
)
def test_an_address_that_cannot_be_used_is_refused_and_not_repeated(
    url: str, says: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TEAM_URL", url)
    with pytest.raises(BadInput, match=says) as refused:
        sender("team", {"kind": "apprise", "url": "env:TEAM_URL"})
    assert url not in str(refused.value)


def test_a_secret_that_stands_in_the_file_and_a_missing_extra_are_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with pytest.raises(BadInput, match="write env:NAME or file:PATH"):
        sender("team", {"kind": "apprise", "url": "json://127.0.0.1"})
    monkeypatch.setenv("TEAM_URL", "json://127.0.0.1")
    monkeypatch.setattr(apprise_sender, "find_spec", lambda _name: None)
    with pytest.raises(BadInput, match=r"pip install 'undertow\[apprise\]'"):
        sender("team", {"kind": "apprise", "url": "env:TEAM_URL"})
