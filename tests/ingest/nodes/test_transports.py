"""HTTP, WebSocket and IPC, each against a server that breaks the rules, and all against a real node."""

from __future__ import annotations

import contextlib
import email.utils
import json
import socket
import threading
import time
import tracemalloc
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from websockets.sync.server import ServerConnection, serve

from ingest.localchain.chain.wallet import Wallet
from ingest.machine import tools
from ingest.machine.processes import Child, free_port, wait_until
from ingest.nodes import Limits, Node, Nodes
from ingest.nodes.addresses import open_transport, source_of
from ingest.nodes.transport import AnswerTooLarge, BadStatus, TransportError
from tests.fixtures.faulty_node import gzip_bomb

CAP = 1 << 20
OK = b"HTTP/1.1 200 OK\r\n"


@contextlib.contextmanager
def tcp(says: Callable[[socket.socket], None]) -> Iterator[str]:
    """A server that reads a request and then `says` what it likes; its URL."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(10)

        def run() -> None:
            with contextlib.suppress(OSError):  # the reader had enough, or the test is over
                while True:
                    peer, _ = listener.accept()
                    with peer, contextlib.suppress(OSError):
                        peer.recv(1 << 16)
                        says(peer)

        threading.Thread(target=run, daemon=True).start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"


def sends(*pieces: bytes, pause_s: float = 0.0) -> Callable[[socket.socket], None]:
    def says(peer: socket.socket) -> None:
        for piece in pieces:
            peer.sendall(piece)
            time.sleep(pause_s)

    return says


def exchange(url: str, deadline_s: float = 5.0) -> bytes:
    return open_transport(url, CAP).exchange(b"{}", deadline_s)


def with_length(body: bytes, *headers: bytes) -> bytes:
    return (
        OK
        + b"".join(header + b"\r\n" for header in headers)
        + b"Content-Length: %d\r\n\r\n" % len(body)
        + body
    )


def test_a_gzip_bomb_is_not_unpacked_beyond_the_cap() -> None:
    bomb = with_length(gzip_bomb(64 << 20), b"Content-Encoding: gzip")
    with tcp(sends(bomb)) as url:
        tracemalloc.start()
        try:
            with pytest.raises(AnswerTooLarge, match=f"larger than {CAP} bytes"):
                exchange(url)
            assert tracemalloc.get_traced_memory()[1] < 16 * CAP
        finally:
            tracemalloc.stop()


def test_an_answer_of_unknown_length_is_not_read_beyond_the_cap() -> None:
    endless = [OK + b"Transfer-Encoding: chunked\r\n\r\n", *[b"40000\r\n" + b" " * 0x40000 + b"\r\n"] * 40]
    with tcp(sends(*endless)) as url, pytest.raises(AnswerTooLarge):
        exchange(url)


@pytest.mark.parametrize(
    "pieces",
    [
        [OK, *[b"X-Slow: 1\r\n"] * 200],
        [OK + b"Content-Length: 200\r\n\r\n", *[b" "] * 200],
        [OK + b"Transfer-Encoding: chunked\r\n\r\n", *[b"1\r\n \r\n"] * 200],
        [OK + b"\r\n", *[b" "] * 200],
    ],
    ids=["headers", "body", "chunks", "body without a length"],
)
def test_an_answer_that_trickles_in_ends_at_the_deadline(pieces: list[bytes]) -> None:
    with tcp(sends(*pieces, pause_s=0.05)) as url:  # each byte comes in time, all of them would take 10 s
        started = time.monotonic()
        with pytest.raises(TransportError):
            exchange(url, deadline_s=0.4)
        assert time.monotonic() - started < 5


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"nonsense\r\n\r\n",
        OK + b"Content-Length: 100\r\n\r\n[1, 2",
        OK + b"Transfer-Encoding: chunked\r\n\r\nff\r\n[1",
        OK + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n[1",
        with_length(b"no gzip at all", b"Content-Encoding: gzip"),
    ],
)
def test_an_answer_that_breaks_off_is_none(answer: bytes) -> None:
    with tcp(sends(answer)) as url, pytest.raises(TransportError):
        exchange(url)


def test_a_redirect_is_not_followed() -> None:
    moved = b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n"
    with tcp(sends(moved)) as url, pytest.raises(BadStatus, match="HTTP status 302"):
        exchange(url)


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        ("7", 7.0),
        ("Thu, 01 Jan 1970 00:00:00 GMT", 0.0),
        ("999999999999", 3600.0),
        ("soon", None),
        ("", None),
    ],
)
def test_a_node_says_how_long_it_wants_to_be_left_alone(said: str, seconds: float | None) -> None:
    assert left_alone(said) == seconds


def test_a_node_says_until_when_it_wants_to_be_left_alone() -> None:
    in_ten_minutes = email.utils.formatdate(time.time() + 600, usegmt=True)

    assert left_alone(in_ten_minutes) == pytest.approx(600, abs=60)


def left_alone(said: str) -> float | None:
    """What is understood of a `Retry-After`."""
    storm = f"HTTP/1.1 429 Too Many\r\nRetry-After: {said}\r\nContent-Length: 0\r\n\r\n".encode()
    with tcp(sends(storm)) as url, pytest.raises(BadStatus) as refused:
        exchange(url)
    return refused.value.retry_after_s


@contextlib.contextmanager
def websocket(says: Callable[[ServerConnection], None]) -> Iterator[str]:
    with serve(says, "127.0.0.1", 0) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"ws://127.0.0.1:{server.socket.getsockname()[1]}"
        finally:
            server.shutdown()
            thread.join()


def test_a_websocket_carries_one_answer_after_another() -> None:
    def echo(peer: ServerConnection) -> None:
        for message in peer:
            peer.send(message)

    with websocket(echo) as url:
        transport = open_transport(url, CAP)
        assert [transport.exchange(text, 5) for text in (b"[1]", b"[2]")] == [b"[1]", b"[2]"]
        transport.close()


def test_a_websockets_message_is_capped_and_has_a_deadline() -> None:
    def too_much(peer: ServerConnection) -> None:
        peer.recv()
        with contextlib.suppress(Exception):
            peer.send(" " * (CAP + 1))

    def silence(peer: ServerConnection) -> None:
        for _ in peer:
            pass

    with websocket(too_much) as url, pytest.raises(AnswerTooLarge):
        exchange(url)
    with websocket(silence) as url, pytest.raises(TransportError, match="no answer in time"):
        exchange(url, deadline_s=0.2)
    with websocket(lambda peer: peer.close()) as url, pytest.raises(TransportError, match="refused or lost"):
        exchange(url)


@contextlib.contextmanager
def unix(folder: Path, *pieces: bytes, pause_s: float = 0.0) -> Iterator[str]:
    """The path of a socket that sends `pieces` to whoever asks, then hangs up."""
    path = str(folder / "node.ipc")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(path)
        listener.listen()

        def run() -> None:
            peer, _ = listener.accept()
            with peer, contextlib.suppress(OSError):
                peer.recv(1 << 16)
                sends(*pieces, pause_s=pause_s)(peer)

        threading.Thread(target=run, daemon=True).start()
        yield path


def test_a_message_over_ipc_ends_where_its_json_does(tmp_path: Path) -> None:
    with unix(tmp_path, b'[{"a": [1]', b', "b": "]"', b"}]", pause_s=0.02) as path:
        assert exchange(path) == b'[{"a": [1], "b": "]"}]'


def test_a_message_over_ipc_is_capped_and_has_a_deadline(tmp_path: Path) -> None:
    for at, (pieces, said) in enumerate(
        [
            ([b"[" + b" " * CAP + b"1"], "larger than"),
            ([b"[1", b"", b""], "broke off"),
            ([b"[1"] + [b","] * 100, "in time"),
        ]
    ):
        (tmp_path / str(at)).mkdir()
        served = unix(tmp_path / str(at), *pieces, pause_s=0.02)
        with served as path, pytest.raises(TransportError, match=said):
            exchange(path, deadline_s=0.5)


def test_nobody_at_the_other_end_is_a_reason_in_a_few_words(tmp_path: Path) -> None:
    port = free_port()
    for url in (f"http://127.0.0.1:{port}", f"ws://127.0.0.1:{port}", str(tmp_path / "none.ipc")):
        with pytest.raises(TransportError) as lost:
            exchange(url)
        assert len(str(lost.value)) < 60
        assert "127.0.0.1" not in str(lost.value)


def test_a_proxy_for_the_internet_does_not_swallow_calls_to_this_machine(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{free_port()}")

    def echo(peer: ServerConnection) -> None:
        for message in peer:
            peer.send(message)

    with tcp(sends(with_length(b"[1]"))) as url:
        assert exchange(url) == b"[1]"
    with websocket(echo) as url:
        assert exchange(url) == b"{}"


@pytest.mark.parametrize(
    ("url", "source"),
    [
        ("wss://user:pass@node.example/v3/secret?key=1", "wss://node.example"),
        ("/home/me/.ethereum/geth.ipc", "ipc://geth.ipc"),
        ("ipc:///run/reth.ipc", "ipc://reth.ipc"),
    ],
)
def test_an_address_is_shown_without_its_secrets(url: str, source: str) -> None:
    assert source_of(url) == source


@pytest.fixture
def anvil(tmp_path: Path) -> Iterator[tuple[str, str, str]]:
    """One node, by its three addresses."""
    tools.ensure(lambda _line: None)
    port, path = free_port(), str(tmp_path / "anvil.ipc")
    argv: list[str | Path] = [tools.anvil(), "--port", str(port), "--silent", "--no-mining", "--ipc", path]
    urls = f"http://127.0.0.1:{port}", f"ws://127.0.0.1:{port}", path
    with Child.start("anvil", argv) as child:
        wait_until(lambda: _answers(path) and _answers(urls[0]), 20, "anvil", child)
        yield urls


@pytest.mark.chain
def test_a_real_node_says_the_same_over_each(anvil: tuple[str, str, str]) -> None:
    Wallet.connect(anvil[0]).ask("anvil_mine", "0x14")

    http, websocket_, ipc = (Node(url, Limits(10)) for url in anvil)
    blocks = [answer.block for answer in http.fetch(0, 20)]
    assert len(blocks) == 21
    assert [answer.block for answer in websocket_.fetch(0, 20)] == blocks
    assert [answer.block for answer in ipc.fetch(0, 20)] == blocks


@pytest.mark.chain
@pytest.mark.parametrize("which", [1, 2], ids=["websocket", "ipc"])
def test_a_new_head_wakes_who_waits(anvil: tuple[str, str, str], which: int) -> None:
    nodes = Nodes(anvil[which])
    nodes.listen()
    wallet = Wallet.connect(anvil[0])
    woken, stop = threading.Event(), threading.Event()

    def wait() -> None:
        nodes.wait(stop, 60.0)
        woken.set()

    wait_until(lambda: nodes.is_listening, 10, "the subscription")
    waiter = threading.Thread(target=wait)
    waiter.start()
    assert not woken.wait(0.3), "nothing happened yet"
    wallet.ask("anvil_mine", "0x1")
    assert woken.wait(10), "long before the minute is over"
    waiter.join()
    nodes.close()


def _answers(url: str) -> bool:
    try:
        return json.loads(exchange(url) or b"{}") is not None
    except (TransportError, ValueError):
        return False
