"""What a command has of Ray: it asks, by its driver process, and hears one line when Ray is gone."""

from __future__ import annotations

import multiprocessing
import os
import queue
import shutil
import signal
import tempfile
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from typing import Any, TypeVar

from ingest.machine.ray import driver
from ingest.machine.ray.address import checked, refuse_open
from ingest.model.errors import BadInput, ClusterUnreachable

T = TypeVar("T")
_BEGIN_S = 120.0
_END_S = 15.0


class Cluster:
    """Work for Ray, of one driver process. Functions and what they are given must pickle, functions by their
    name.
    """

    def __init__(self, address: str, pipe: Connection) -> None:
        self._address, self._pipe = address, pipe
        self._sending, self._numbers = threading.Lock(), iter(range(1, 1 << 62))
        self._asked: dict[int, Callable[[str, Any], None]] = {}
        self._gone = False
        self._listener = threading.Thread(target=self._listen, name="ray", daemon=True)
        self._listener.start()

    def call(self, work: Callable[..., T], *given: Any) -> Future[T]:
        """Has a function run by any worker, again where that is ended. The future raises what it raises, and
        ClusterUnreachable where Ray is gone.
        """
        future: Future[T] = Future()

        def heard(kind: str, value: Any) -> None:
            if kind == driver.RAISED:
                future.set_exception(value)
            else:
                future.set_result(value)

        self._ask(driver.CALL, work, given, heard)
        return future

    def follow(self, work: Callable[..., Iterator[T]], *given: Any) -> Iterator[T]:
        """What a generator gives that one worker runs; from its beginning again where that is ended."""
        heard: queue.SimpleQueue[tuple[str, Any]] = queue.SimpleQueue()
        self._ask(driver.FOLLOW, work, given, lambda kind, value: heard.put((kind, value)))
        while True:
            kind, value = heard.get()
            if kind == driver.RAISED:
                raise value
            if kind == driver.DONE:
                return
            if kind == driver.ITEM:
                yield value

    def _ask(
        self, kind: str, work: Callable[..., Any], given: tuple[Any, ...], heard: Callable[[str, Any], None]
    ) -> None:
        with self._sending:
            number = next(self._numbers)
            self._asked[number] = heard
            with suppress(OSError):  # then it is gone, and the listener says so
                self._pipe.send((number, kind, work, given))
        if self._gone:
            self._tell_gone()

    def _listen(self) -> None:
        with suppress(EOFError, OSError):
            while True:
                number, kind, value = self._pipe.recv()
                heard = (
                    self._asked[number] if kind in (driver.ITEM, driver.AGAIN) else self._asked.pop(number)
                )
                heard(kind, value)
        self._gone = True
        self._tell_gone()

    def _tell_gone(self) -> None:
        gone = ClusterUnreachable(
            f"Ray at {self._address} is gone (was its head ended, or memory short?): give the same command "
            "again; what is written stays"
        )
        while self._asked:
            with suppress(KeyError):
                self._asked.popitem()[1](driver.RAISED, gone)


@contextmanager
def connected(address: str, cpus: int) -> Iterator[Cluster]:
    """Ray at an address, or one of so many `cpus` that is started here and ends with the context. Raises
    BadInput or ClusterUnreachable where it cannot be used.
    """
    address = checked(address)
    folder = tempfile.mkdtemp(prefix="undertow-ray-")
    here, there = multiprocessing.get_context("spawn").Pipe()
    process = multiprocessing.get_context("spawn").Process(
        target=driver.serve, args=(address, cpus, folder, there, os.getpid()), name="ray driver"
    )
    process.start()
    there.close()
    try:
        refuse_open(_begun(address, here))
        yield Cluster(address, here)
    finally:
        _end(process, here)
        shutil.rmtree(folder, ignore_errors=True)


def _begun(address: str, pipe: Connection) -> list[str]:
    """The addresses of its nodes, once it is there."""
    kind: str = driver.FAILED
    value: Any = f"it does not answer within {_BEGIN_S:.0f} s"
    try:
        if pipe.poll(_BEGIN_S):
            _, kind, value = pipe.recv()
    except EOFError:
        value = "it ends whoever connects (is its token given, and this machine one of its nodes?)"
    if kind == driver.READY:
        nodes: list[str] = value
        return nodes
    if "Version mismatch" in value:
        raise BadInput(
            f"Ray at {address} is of another version: {value[:300]}: install the same here and there"
        )
    raise ClusterUnreachable(
        f"Ray at {address} cannot be used ({value[:300]}): give the same command again, or leave --ray out"
    )


def _end(process: BaseProcess, pipe: Connection) -> None:
    """The driver ends Ray where it started it; what is left of its process group goes too."""
    with suppress(OSError):
        pipe.send(None)
    process.join(_END_S)
    process.kill()
    with suppress(ProcessLookupError):
        os.killpg(process.pid or 0, signal.SIGKILL)
    process.join()
    pipe.close()
