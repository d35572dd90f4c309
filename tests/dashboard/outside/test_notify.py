"""People are told of alerts by real servers: once, in order, safely, and told again when it is over."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

import pytest
from sqlalchemy import text

from dashboard.outside.outbox.mark import Mark
from dashboard.outside.outbox.routes import read_routes
from dashboard.outside.outbox.running import GIVE_UP_S, Notifier, run, senders
from dashboard.outside.outbox.signing import WINDOW_S, WebhookRefused, check, signature
from dashboard.store import Writer, open_desk, open_outbox, open_reader, open_writer
from dashboard.store.outbox_reading import dead_letters, outbox_counts
from detectors.alerts.alert import Alert
from ingest.model.errors import BadInput
from tests.dashboard.alerts import CHAIN, MALLORY, Filing, back_to, judged
from tests.dashboard.alerts import drain as old_drain
from tests.dashboard.outside.receivers import Received, post_office, receiver
from tests.dashboard.people import ANN, HOSTILE

SECRET = "a long shared secret"
SOAK = (pytest.mark.soak, pytest.mark.timeout(3_600))
OVER: dict[str, Any] = {"status": "retracted", "retraction_reason": "its block left the chain"}


def drain(number: int = 1, **changes: Any) -> Alert:
    """One of a block of just now."""
    return old_drain(number, **{"timestamp": int(time.time()), **changes})


@pytest.fixture(autouse=True)
def secrets(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("SOC_SECRET", SECRET)
    monkeypatch.setenv("PAGER_KEY", "pager-key")


@pytest.fixture
def received() -> Iterator[Received]:
    with receiver() as received:
        yield received


@pytest.fixture
def store_url(request: pytest.FixtureRequest) -> str:
    """SQLite, but for what is tried with both."""
    url: str = request.getfixturevalue(getattr(request, "param", "sqlite_url"))
    return url


BOTH = pytest.mark.parametrize("store_url", ["sqlite_url", "empty_postgres"], indirect=True)


@pytest.fixture
def filing(store_url: str) -> Iterator[Filing]:
    with closing(open_writer(store_url)) as writer:
        yield Filing(writer)


class Telling:
    """`undertow notify` in this process, with a clock of its own."""

    def __init__(self, url: str, folder: Path, channels: str, routes: str, more: str = "") -> None:
        self.path = folder / "routes.toml"
        self.path.write_text(f"{more}\n{channels}\n{routes}")
        self.url = url
        self.mark = folder / "told.txt"
        self.now = time.time()

    def tell(self, after: float = 0.0) -> None:
        """All that is due `after` seconds later."""
        self.now += after
        with open_outbox(self.url) as outbox:
            mark = Mark(self.mark, int(self.now))
            notifier = Notifier(outbox, read_routes(self.path), lambda _: None, mark, lambda: self.now)
            while notifier.step():
                pass


def webhook(received: Received) -> str:
    return f'[channels.soc]\nkind = "webhook"\nurl = "{received.url}/hook"\nsecret = "env:SOC_SECRET"\n'


ALL_TO_SOC = '[[routes]]\nchannels = ["soc"]\n'


def counts(url: str) -> dict[str, int]:
    with closing(open_reader(url)) as reader:
        return {state: count for state, count in outbox_counts(reader).items() if count}


@BOTH
def test_who_is_told_of_an_alert_is_told_when_it_is_graver_lowered_and_over(
    received: Received, filing: Filing, store_url: str, tmp_path: Path
) -> None:
    telling = Telling(store_url, tmp_path, webhook(received), ALL_TO_SOC)
    steps: tuple[dict[str, Any], ...] = (
        {}, {"score": 0.95}, {"severity": "critical"}, {"severity": "low"}, OVER, OVER, {},
    )  # fmt: skip
    for changes in steps:
        filing.file(drain(1, **changes), blocks=(judged(1), back_to(0)))
        telling.tell()
    kinds = [(each["kind"], each["severity"], each["over"]) for each in received.told()]
    assert kinds == [
        ("raised", "high", False),
        ("risen", "critical", False),
        ("lowered", "low", False),
        ("retracted", "high", True),
        ("raised", "high", False),
    ]
    assert len({each["id"] for each in received.told()}) == len(kinds)
    telling.tell()
    assert len(received.posts) == len(kinds)


def test_a_webhook_is_signed_and_forged_stale_and_replayed_ones_are_refused_by_name(
    received: Received, filing: Filing, store_url: str, tmp_path: Path
) -> None:
    telling = Telling(store_url, tmp_path, webhook(received), ALL_TO_SOC)
    filing.file(drain(1))
    telling.tell()
    ((headers, body),) = received.posts
    now, seen = int(time.time()), dict[str, int]()
    assert check(headers, body, SECRET, now, seen) == json.loads(body)["id"]

    def refused(headers: dict[str, str], body: bytes, secret: str = SECRET, at: int = now) -> str:
        with pytest.raises(WebhookRefused) as said:
            check(headers, body, secret, at, seen)
        return said.value.name

    assert refused(headers, body) == "replayed"
    assert refused(headers, body.replace(b"high", b"low")) == "forged"
    assert refused(headers, body, "another secret") == "forged"
    assert refused(headers, body, at=now + WINDOW_S + 60) == "stale"
    assert refused(headers, body, at=now - WINDOW_S - 60) == "stale"
    moved = {"Undertow-Signature": headers["Undertow-Signature"].replace("t=1", "t=2", 1)}
    assert refused(moved, body) == "forged"
    assert refused({}, body) == "missing"
    for odd in ("", "t=1", "v1=00", "t=x,v1=" + "0" * 64, signature(SECRET, now, body) + "0"):
        assert refused({"undertow-signature": odd}, body) == "malformed"


def test_pagerduty_resolves_what_it_was_told_under_the_same_key(
    received: Received, filing: Filing, store_url: str, tmp_path: Path
) -> None:
    pager = f'[channels.soc]\nkind = "pagerduty"\nurl = "{received.url}"\nrouting_key = "env:PAGER_KEY"\n'
    telling = Telling(store_url, tmp_path, pager, ALL_TO_SOC)
    for changes in ({}, OVER):
        filing.file(drain(1, **changes))
        telling.tell()
    first, second = received.told()
    assert (first["event_action"], first["payload"]["severity"]) == ("trigger", "error")
    assert (second["event_action"], second["dedup_key"]) == ("resolve", first["dedup_key"])
    assert {each["routing_key"] for each in (first, second)} == {"pager-key"}
    assert "payload" not in second


@pytest.mark.parametrize("starttls", [False, True], ids=["tls", "starttls"])
def test_an_e_mail_goes_over_tls_and_what_follows_is_in_its_thread(
    filing: Filing, store_url: str, tmp_path: Path, starttls: bool
) -> None:
    with post_office(tmp_path, starttls) as post:
        mail = (
            f'[channels.soc]\nkind = "email"\nhost = "127.0.0.1"\nport = {post.port}\n'
            f'tls = "{"starttls" if starttls else "tls"}"\nca = "{tmp_path}/cert.pem"\n'
            'from = "undertow@example.org"\nto = ["ann@example.org", "bob@example.org"]\n'
        )
        telling = Telling(store_url, tmp_path, mail, ALL_TO_SOC)
        for changes in ({}, OVER):
            filing.file(drain(1, **changes))
            telling.tell()
    first, second = post.letters
    assert first["Subject"] == "undertow: new: high wallet-drain on chain 31337"
    assert second["Subject"] == "undertow: taken back: high wallet-drain on chain 31337"
    assert first["References"] == second["References"] and first["Message-ID"] != second["Message-ID"]
    assert "its block left the chain" in second.get_content()
    assert post.people == ["ann@example.org", "bob@example.org"] * 2


def test_a_post_office_whose_certificate_nobody_vouches_for_gets_nothing(
    filing: Filing, store_url: str, tmp_path: Path
) -> None:
    with post_office(tmp_path) as post:
        mail = (
            f'[channels.soc]\nkind = "email"\nhost = "127.0.0.1"\nport = {post.port}\n'
            'from = "undertow@example.org"\nto = ["ann@example.org"]\n'
        )
        filing.file(drain(1))
        Telling(store_url, tmp_path, mail, ALL_TO_SOC).tell()
    assert (post.letters, counts(store_url)) == ([], {"waiting": 1})


LINKS = {
    "channel": "<!channel> <!here> <@U012345>",
    "everyone": "@everyone @channel",
    "link": "<http://evil.example|click> https://evil.example/x www.evil.example evil.example",
    "markdown": "[click](http://evil.example) **bold** `code`",
    "header": "x\r\nBcc: eve@evil.example\r\n\r\nhello",
    "html": "<a href='http://evil.example'>x</a><script>alert(1)</script>",
}


def test_no_name_from_the_chain_becomes_a_header_a_mention_a_link_or_markup(
    received: Received, filing: Filing, sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CHAT", f"{received.url}/chat")
    hostile_names = {**LINKS, **HOSTILE}.values()
    names = [each[:9_000] for each in hostile_names if "\0" not in each and "\ud800" not in each]
    with closing(open_writer(sqlite_url)) as writer:
        hostile = [drain(1, id=f"n{place}", explanation=name, category=name[:100].strip() or "x")
                   for place, name in enumerate(names)]  # fmt: skip
        Filing(writer).file(*hostile)
    with post_office(tmp_path) as post:
        channels = (
            f'[channels.mail]\nkind = "email"\nhost = "127.0.0.1"\nport = {post.port}\n'
            f'ca = "{tmp_path}/cert.pem"\nfrom = "u@example.org"\nto = ["ann@example.org"]\n'
            '[channels.chat]\nkind = "slack"\nurl = "env:CHAT"\n'
        )
        routes = '[[routes]]\nchannels = ["mail", "chat"]\n'
        Telling(sqlite_url, tmp_path, channels, routes, "storm = 1000").tell()
    assert len(received.posts) == len(post.letters) == len(names)
    for told in received.told():
        texts = [told["text"], *(each["text"]["text"] for each in told["blocks"])]
        assert {each["text"]["type"] for each in told["blocks"]} == {"plain_text"}
        assert not any(re.search(r"[<>]|://|(?<!\[)@", each) for each in texts), texts
    for letter in post.letters:
        assert set(letter.keys()) == {
            "From", "To", "Subject", "Message-ID", "References", "Auto-Submitted", "Content-Type",
            "Content-Transfer-Encoding", "MIME-Version", "X-Peer", "X-MailFrom", "X-RcptTo",
        } - ({"X-Peer", "X-MailFrom", "X-RcptTo"} - set(letter.keys()))  # fmt: skip
        assert letter["To"] == "ann@example.org" and letter.get_content_type() == "text/plain"
        assert not re.search(r"://|(?<!\[)@|evil\.example", letter["Subject"] + letter.get_content())


def test_a_channel_that_fails_is_tried_again_later_in_order_and_others_are_not_kept_waiting(
    received: Received, filing: Filing, store_url: str, tmp_path: Path
) -> None:
    with receiver() as other:
        channels = webhook(received) + webhook(other).replace("channels.soc", "channels.chat")
        telling = Telling(store_url, tmp_path, channels, '[[routes]]\nchannels = ["soc", "chat"]\n')
        received.answers = [500, 503]
        filing.file(drain(1), drain(2), drain(1, **OVER))
        telling.tell()
        assert len(other.posts) == 3
        assert len(received.posts) == 1
        telling.tell(after=3)
        assert len(received.posts) == 2
        telling.tell(after=5)
    told = [(each["kind"], each["alert"]["id"]) for each in received.told()[2:]]
    assert told == [("raised", "drain-1"), ("raised", "drain-2"), ("retracted", "drain-1")]
    assert received.told()[0]["id"] == received.told()[2]["id"]


def test_a_channel_says_when_it_is_to_be_tried_again(
    received: Received, filing: Filing, sqlite_url: str, tmp_path: Path, store_url: str
) -> None:
    received.answers, received.headers = [429], {"Retry-After": "100"}
    telling = Telling(store_url, tmp_path, webhook(received), ALL_TO_SOC)
    filing.file(drain(1))
    telling.tell()
    telling.tell(after=99)
    assert len(received.posts) == 1
    telling.tell(after=2)
    assert counts(store_url) == {"sent": 1}


def test_what_is_refused_is_a_dead_letter_without_a_secret_and_can_be_tried_again(
    received: Received, filing: Filing, store_url: str, tmp_path: Path
) -> None:
    received.answers = [403]
    telling = Telling(store_url, tmp_path, webhook(received), ALL_TO_SOC)
    filing.file(drain(1), drain(2))
    telling.tell()
    with closing(open_reader(store_url)) as reader:
        (dead,) = dead_letters(reader)
    assert (dead.alert_id, dead.reason, dead.attempts) == ("drain-1", "it answered 403", 1)
    assert counts(store_url) == {"dead": 1, "sent": 1}
    with open_outbox(store_url) as outbox:
        assert outbox.revive(int(telling.now)) == 1
    telling.tell()
    assert counts(store_url) == {"sent": 2}


def test_nobody_is_sent_elsewhere_or_told_after_a_day(
    received: Received, filing: Filing, store_url: str, tmp_path: Path
) -> None:
    received.answers, received.headers = [307, 500], {"Location": "http://127.0.0.1:1/"}
    telling = Telling(store_url, tmp_path, webhook(received), ALL_TO_SOC)
    filing.file(drain(1))
    telling.tell()
    filing.file(drain(2))
    telling.tell()
    telling.tell(after=GIVE_UP_S + 60)
    with closing(open_reader(store_url)) as reader:
        reasons = [each.reason for each in dead_letters(reader)]
    assert reasons == ["it waited for more than a day", "it answered 307"]
    assert len(received.posts) == 2


@BOTH
def test_a_storm_is_one_message_with_a_count_and_what_came_and_went_is_none(
    received: Received, filing: Filing, store_url: str, tmp_path: Path
) -> None:
    telling = Telling(store_url, tmp_path, webhook(received), ALL_TO_SOC, "storm = 3")
    filing.file(*(drain(number) for number in range(1, 101)), drain(100, **OVER), drain(1, **OVER))
    telling.tell()
    assert [each["kind"] for each in received.told()] == ["raised"] * 3
    telling.tell(after=61)
    digest, *rest = received.told()[3:]
    assert (digest["kind"], digest["count"], rest) == ("digest", 97, [])
    assert digest["summary"] == "undertow: 97 alerts (97 high)"
    telling.tell(after=61)
    assert counts(store_url)["dropped"] == 2 and len(received.posts) == 4


def test_a_rebuild_a_new_sink_or_a_catch_up_tells_nobody_of_old_blocks(
    received: Received, filing: Filing, store_url: str, tmp_path: Path
) -> None:
    telling = Telling(store_url, tmp_path, webhook(received), ALL_TO_SOC)
    filing.file(*(old_drain(number) for number in range(1, 301)), blocks=(judged(301),))
    telling.tell()
    assert received.posts == []
    growing = replace(old_drain(1), updated_block=400, severity="critical")
    now = judged(400)
    filing.file(growing, blocks=(type(now)(CHAIN, 400, now.block_hash, int(time.time()), ()),))
    telling.tell()
    assert [each["alert"]["id"] for each in received.told()] == ["drain-1"]  # it grew in a block of today


def test_watched_addresses_have_a_route_of_their_own(
    received: Received, filing: Filing, store_url: str, tmp_path: Path
) -> None:
    routes = '[[routes]]\nchannels = ["soc"]\nwatched = true\nroles = ["attacker"]\n'
    telling = Telling(store_url, tmp_path, webhook(received), routes)
    filing.file(drain(1))
    telling.tell()
    with closing(open_desk(store_url)) as desk:
        desk.watch(ANN, CHAIN, MALLORY, "again")
    filing.file(drain(2))
    telling.tell()
    assert [each["alert"]["id"] for each in received.told()] == ["drain-2"]


@BOTH
def test_two_that_tell_at_once_are_refused(filing: Filing, store_url: str) -> None:
    with (
        open_outbox(store_url),
        pytest.raises(BadInput, match="another `undertow notify`"),
        open_outbox(store_url),
    ):
        pass
    with open_outbox(store_url):
        pass


@pytest.mark.parametrize(
    ("channel", "said"),
    [
        (
            'kind = "webhook"\nurl = "https://soc.example"\nsecret = "hunter2"',
            "secret is a secret: write env:NAME",
        ),
        (
            'kind = "webhook"\nurl = "https://soc.example"\nsecret = "env:NOBODY"',
            "the environment has no NOBODY",
        ),
        (
            'kind = "webhook"\nurl = "https://soc.example"\nsecret = "file:/no/file"',
            "/no/file cannot be read",
        ),
        ('kind = "webhook"\nurl = "http://soc.example"\nsecret = "env:SOC_SECRET"', "this machine only"),
        (
            'kind = "webhook"\nurl = "https://u:hunter2@soc.example"\nsecret = "env:SOC_SECRET"',
            "without user",
        ),
        ('kind = "webhook"\nurl = "ftp://soc.example"\nsecret = "env:SOC_SECRET"', "no https://HOST"),
        ('kind = "slack"\nurl = "https://hooks.example/hunter2"', "url is a secret"),
        ('kind = "pagerduty"', "routing_key is a secret"),
        ('kind = "pagerduty"\nrouting_key = "env:PAGER_KEY"\ncolour = 1', "no setting 'colour'"),
        ('kind = "email"', "takes host, port, from and to"),
        (
            'kind = "email"\nhost = "mail.example"\nfrom = "a@b.c"\nto = ["x\\r\\nBcc: eve@evil.example"]',
            "takes host",
        ),
        (
            'kind = "email"\nhost = "mail.example"\nfrom = "a@b.c"\nto = ["a@b.c"]\ntls = "none"',
            "this machine only",
        ),
        (
            'kind = "email"\nhost = "mail.example"\nfrom = "a@b.c"\nto = ["a@b.c"]\nca = "/no/ca"',
            "ca is no file",
        ),
        (
            'kind = "email"\nhost = "m.example"\nfrom = "a@b.c"\nto = ["a@b.c"]\nuser = "u"',
            "env",
        ),
    ],
)
def test_a_channel_that_cannot_be_used_is_refused_and_no_secret_is_said(
    tmp_path: Path, channel: str, said: str
) -> None:
    (tmp_path / "routes.toml").write_text(f"[channels.soc]\n{channel}\n{ALL_TO_SOC}")
    with pytest.raises(BadInput, match=said) as refused:
        senders(read_routes(tmp_path / "routes.toml"))
    assert "hunter2" not in str(refused.value) and SECRET not in str(refused.value)


def test_a_store_that_goes_away_is_waited_for(filing: Filing, store_url: str, tmp_path: Path) -> None:
    from threading import Event

    from ingest.model.errors import StoreUnreachable

    stop, said = Event(), list[str]()

    class Away(Notifier):
        def step(self) -> int:
            if len(said) > 0:
                stop.set()
            raise StoreUnreachable("the store postgresql://db cannot be used: gone")

    with open_outbox(store_url) as outbox:
        (tmp_path / "routes.toml").write_text(
            '[channels.soc]\nkind = "pagerduty"\nrouting_key = "env:PAGER_KEY"\n' + ALL_TO_SOC
        )
        mark = Mark(tmp_path / "told.txt", 0)
        run(Away(outbox, read_routes(tmp_path / "routes.toml"), said.append, mark), stop, said.append)
    assert said == ["notify: waiting: the store postgresql://db cannot be used: gone"]


def kills(url: str, folder: Path, received: Received, writer: Writer, times: int, seed: int) -> int:
    """`undertow notify` is killed again and again while alerts are filed and blocks leave; how often."""
    path = folder / "routes.toml"
    path.write_text(f"storm = 100000\n{webhook(received)}{ALL_TO_SOC}")
    chance, filing, killed = Random(seed), Filing(writer), 0
    argv = [sys.executable, "-m", "undertow", "notify", "--store", url, "--routes", str(path)]
    for turn in range(times + 1):
        names = range(turn * 4 + 1, turn * 4 + 5)
        filing.file(*(drain(number) for number in names), blocks=(judged(names[-1]),))
        filing.file(*(drain(number, **OVER) for number in names[:1]), blocks=(back_to(names[0] - 1),))
        process = subprocess.Popen(
            [*argv, "--once"] if turn == times else argv,
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, env=dict(os.environ),
        )  # fmt: skip
        if turn == times:
            _, trouble = process.communicate(timeout=300)
            assert process.returncode == 0, trouble
            return killed
        end, before = time.monotonic() + 60, len(received.posts)
        wanted = before + chance.randrange(1, 6)
        while len(received.posts) < wanted and time.monotonic() < end:
            time.sleep(chance.random() * 0.003)
        process.send_signal(signal.SIGKILL)
        process.communicate()
        killed += 1
    return killed


@pytest.mark.parametrize(
    ("store_url", "times"),
    [
        ("sqlite_url", 2),
        pytest.param("sqlite_url", 100, marks=SOAK),
        pytest.param("empty_postgres", 100, marks=SOAK),
    ],
    indirect=["store_url"],
)
def test_kills_lose_nothing_and_repeat_no_more_than_one_message_each(
    received: Received, filing: Filing, store_url: str, tmp_path: Path, times: int
) -> None:
    killed = kills(store_url, tmp_path, received, filing.writer, times, seed=times)
    told = Counter((each["alert"]["id"], each["kind"], each["id"]) for each in received.told())
    wanted = {(f"drain-{number}", "raised") for number in range(1, (times + 1) * 4 + 1)}
    wanted |= {(f"drain-{turn * 4 + 1}", "retracted") for turn in range(times + 1)}
    assert {(name, kind) for name, kind, _ in told} == wanted
    assert len(told) == len(wanted)
    assert sum(told.values()) - len(told) <= killed
    assert counts(store_url) == {"sent": len(wanted)}


def test_a_store_whose_outbox_was_written_over_is_said_in_a_line(filing: Filing, store_url: str) -> None:
    with filing.writer._engine.begin() as connection:
        connection.execute(text("DELETE FROM revision_head"))
    with pytest.raises(BadInput, match="end of the list of revisions is gone"):
        filing.file(drain(1))
