"""The process that is connected to Ray for a command: it hands work on, and answers as it is done.

A request is (number, kind, work, arguments), or None for the end: kind CALL for a function that is run
anywhere, FOLLOW for a generator that one worker of this machine runs from its beginning to its end. A reply
is (number, kind, value): READY, with the addresses of the nodes, or FAILED once, for number 0; then for each
request DONE or RAISED, and of a generator ITEM before, or AGAIN where it begins anew.
"""

from __future__ import annotations

import os
import pickle
import secrets
import signal
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from ingest.machine.ray.address import LOCAL, is_loopback
from ingest.machine.ray.inside import TRIES, ended_too_often
from ingest.model.errors import UndertowError

READY, FAILED, DONE, RAISED, ITEM, AGAIN = "ready", "failed", "done", "raised", "item", "again"
CALL, FOLLOW = "call", "follow"

OBJECT_STORE_BYTES = 200_000_000
"""Of a Ray that is started here: some ranges or pieces on their way. What is more goes to the disk."""

_HEAD_GONE, _HEAD_GONE_S = "RAY_gcs_rpc_server_reconnect_timeout_s", "10"
"""Ray waits so many seconds for a head that does not answer."""
_LOOK_S = 0.5
_TOP = Path(__file__).resolve().parents[3]


def serve(address: str, cpus: int, folder: str, pipe: Connection, parent: int) -> None:
    """Runs in a process of its own until it is asked to end, or the other end of `pipe` is closed."""
    os.setpgrp()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _speak_into(Path(folder) / "driver.log")
    try:
        ray = _connected(address, cpus, folder)
        nodes = [node["NodeManagerAddress"] for node in ray.nodes() if node["Alive"]]
    except BaseException as error:
        pipe.send((0, FAILED, _told(error)))
        raise
    pipe.send((0, READY, nodes))
    own = ray.get_runtime_context().get_node_id()
    threading.Thread(target=_end_with, args=(ray, own, parent), daemon=True).start()
    desk = _Desk(ray, pipe)
    with suppress(EOFError, OSError):
        while (request := pipe.recv()) is not None:
            desk.take(*request)
    ray.shutdown()


def _connected(address: str, cpus: int, folder: str) -> Any:
    """Ray, imported and connected. One that is started here listens on 127.0.0.1 only, for who has a token
    that is in no file: by a setting that Ray has for systems whose firewalls ask about anything else.
    """
    os.environ |= {"RAY_USAGE_STATS_ENABLED": "0", _HEAD_GONE: _HEAD_GONE_S}
    if address == LOCAL or is_loopback(address.rpartition(":")[0]):
        os.environ["RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER"] = "0"  # else Ray takes another address for 127.0.0.1
    if address == LOCAL:
        os.environ |= {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": secrets.token_hex(32)}
        os.environ["PYTHONPATH"] = os.pathsep.join([str(_TOP), *filter(None, [os.getenv("PYTHONPATH")])])
        os.environ.pop("RAY_ADDRESS", None)
    import ray

    quiet = {"log_to_driver": False, "logging_level": "ERROR", "configure_logging": False}
    if address == LOCAL:
        ray.init(
            address=LOCAL, num_cpus=cpus, include_dashboard=False, _node_ip_address="127.0.0.1",
            object_store_memory=OBJECT_STORE_BYTES, _temp_dir=folder, **quiet,
        )  # fmt: skip
    else:
        ray.init(address=address, **quiet)
    return ray


class _Desk:
    """Takes requests and sends replies, from several threads."""

    def __init__(self, ray: Any, pipe: Connection) -> None:
        self._ray, self._pipe, self._lock = ray, pipe, threading.Lock()

    def take(self, number: int, kind: str, work: Callable[..., Any], given: tuple[Any, ...]) -> None:
        if kind == FOLLOW:
            threading.Thread(target=self._follow, args=(number, work, given), daemon=True).start()
            return
        task = self._ray.remote(work).options(max_retries=TRIES - 1, num_cpus=1)
        done: Future[Any] = task.remote(*given).future()
        done.add_done_callback(lambda done: self._answer(number, done.result))

    def _follow(self, number: int, work: Callable[..., Any], given: tuple[Any, ...]) -> None:
        """A generator whose worker is ended begins anew: what it gave before is given again."""
        here = self._ray.get_runtime_context().get_node_id()
        near = self._ray.util.scheduling_strategies.NodeAffinitySchedulingStrategy(here, soft=False)
        actor = self._ray.remote(_Follower).options(num_cpus=1, scheduling_strategy=near)
        for left in range(TRIES - 1, -1, -1):
            follower = actor.remote()
            try:
                for item in follower.run.options(num_returns="streaming").remote(work, given):
                    self._send(number, ITEM, self._ray.get(item))
            except self._ray.exceptions.ActorDiedError as error:
                if not left:
                    self._send(number, RAISED, _plain(error))
                    return
                self._send(number, AGAIN, None)
                continue
            except BaseException as error:  # noqa: BLE001 - the asker hears it
                self._send(number, RAISED, _plain(error))
                return
            self._send(number, DONE, None)
            return

    def _answer(self, number: int, result: Callable[[], Any]) -> None:
        try:
            value = result()
        except BaseException as error:  # noqa: BLE001 - the asker hears it
            self._send(number, RAISED, _plain(error))
        else:
            self._send(number, DONE, value)

    def _send(self, number: int, kind: str, value: Any) -> None:
        with self._lock, suppress(OSError):
            self._pipe.send((number, kind, value))


class _Follower:
    """The one worker of a generator."""

    def run(self, work: Callable[..., Any], given: tuple[Any, ...]) -> Any:
        yield from (item for item in work(*given))  # Ray sends into what it runs: what has no send fails


def _plain(error: BaseException) -> BaseException:
    """What a worker raised, as it raised it; of Ray's own errors a line."""
    cause = getattr(error, "cause", None)
    found = cause if isinstance(cause, BaseException) else error
    if isinstance(found, UndertowError):
        return found
    if type(error).__name__ in ("WorkerCrashedError", "ActorDiedError", "OutOfMemoryError", "NodeDiedError"):
        return ended_too_often()
    try:
        pickle.loads(pickle.dumps(found))
    except Exception:  # noqa: BLE001 - whatever it is, it cannot be sent
        return RuntimeError(_told(found))
    return found


def _told(error: BaseException) -> str:
    lines = str(error).strip().splitlines() or [""]
    return f"{type(error).__name__}: {' '.join(lines)}"


def _speak_into(path: Path) -> None:
    """What Ray says is for who looks for a fault: the command says one line."""
    with path.open("ab") as log:
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
            os.dup2(log.fileno(), stream.fileno())


def _end_with(ray: Any, own: str, parent: int) -> None:
    """Ends this process with the command, and with the node that it is connected by: Ray would wait."""
    while os.getppid() == parent and any(node["NodeID"] == own and node["Alive"] for node in ray.nodes()):
        time.sleep(_LOOK_S)
    os._exit(1)
