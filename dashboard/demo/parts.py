"""The parts of the demo: the command line of each, and how it is seen that it is up."""

from __future__ import annotations

import os
import secrets
import sys
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from dashboard.demo.supervisor import Part
from ingest.localchain.chain.wallet import Wallet
from ingest.machine import tools
from ingest.machine.processes import LOOPBACK, answers
from ingest.nodes.sending.key_file import SigningKey

CANARY_BLOCKS, CANARY_WITHIN_S = 60, 300
"""How often a canary is played, and how long none may be found."""
LAKE_EVERY = 20
"""Blocks: a demo is short, and its screens are looked at while it runs."""
BLOCK_SECONDS = 1.0
"""Real pace of an endless demo; one of so many blocks goes as fast as the machine allows."""
PENDING_BLOCK_SECONDS = 3.0
"""Where what is sent waits: a block lasts longer than it takes to read the pool, simulate and judge it."""
PENDING_KEPT = 128
"""Blocks whose transactions the node keeps then: its state is read at each head, most of which they are."""
ROUND_THE_POOL = 0.3
"""The share of what actors send that nobody sees waiting."""

ANCHOR_CHAIN_ID = 41_337
"""Far from those of the watched chains, which count up from 31337."""
ANCHOR_WEI = 10**20


@dataclass(frozen=True, slots=True)
class Place:
    """Where one run's parts keep their state, and where they listen."""

    folder: Path
    chain_id: int
    broker_port: int
    chain_port: int
    anchor_port: int

    @property
    def kafka(self) -> str:
        return f"{LOOPBACK}:{self.broker_port}"

    @property
    def rpc(self) -> str:
        return url(self.chain_port)

    @property
    def anchor_rpc(self) -> str:
        return url(self.anchor_port)

    @property
    def store_file(self) -> Path:
        return self.folder / "store.db"

    @property
    def store(self) -> str:
        return f"sqlite:///{self.store_file}"

    @property
    def lake(self) -> Path:
        """All transfers of final blocks, for the screens of wallets, tokens and flows."""
        return self.folder / "lake"

    @property
    def facts(self) -> Path:
        """Lists that belong to the played world, such as who is under sanctions."""
        return self.folder / f"facts-{self.chain_id}"

    @property
    def labels(self) -> Path:
        return self.folder / f"labels-{self.chain_id}.jsonl"


def broker(place: Place) -> Part:
    argv = _undertow("broker", "--port", place.broker_port, "--data", place.folder / "kafka")
    return _part("broker", argv, lambda log: "answers at" in _text(log), f"Kafka at {place.kafka}")


def chain(place: Place, pending: bool = False) -> Part:
    """Two parts for who looks: the origin, and its fork, each as soon as it is up."""
    kept = ("--transactions-kept", PENDING_KEPT) if pending else ()
    argv = _undertow("chain", "--port", place.chain_port, "--chain-id", place.chain_id, *kept)
    return Part("chain", argv, _chain_lines)


def simulation(
    place: Place, blocks: int | None, seed: int | None, canary: bool = False, pending: bool = False
) -> Part:
    """Ends by itself when it has played `blocks`; without, or where what it sends waits to be mined, it plays
    at a pace that can be watched.
    """
    length = () if blocks is None else ("--blocks", blocks)
    seconds = PENDING_BLOCK_SECONDS if pending else BLOCK_SECONDS
    pace = ("--block-time", seconds) if blocks is None or pending else ()
    waits = ("--wait-in-pool", ROUND_THE_POOL) if pending else ()
    chosen = () if seed is None else ("--seed", seed)
    stories = ("--categories", ",".join(watched_categories()))
    written = ("--labels", place.labels, "--facts", place.facts)
    sings = ("--canary", CANARY_BLOCKS) if canary else ()
    argv = _undertow("simulate", "--rpc", place.rpc, *written, *length, *pace, *waits, *chosen,
                     *stories, *sings)  # fmt: skip
    says = f"labelled actors play on chain {place.chain_id}"
    return _part("simulation", argv, lambda log: bool(_text(log)), says, ends=True)


def watched_categories() -> list[str]:
    """What some detector promises to catch and some actor plays: the demo shows what undertow can do."""
    from detectors.registry import detectors
    from ingest.localchain.play.stories import repertoires

    caught = {category for detector in detectors() for category in detector.catches}
    return sorted(caught & {one.category for one in repertoires()})


def ingest(place: Place, keeps_lake: bool, pending: bool = False) -> Part:
    """A lake is for who looks: its blocks are read from the node once more. `pending`: also what waits."""
    place.facts.mkdir(parents=True, exist_ok=True)
    read = ("--rpc", place.rpc, "--start", "earliest", "--facts", place.facts)
    kept = ("--lake", place.lake, "--lake-every", LAKE_EVERY) if keeps_lake else ()
    pool = ("--mempool",) if pending else ()
    argv = _undertow("ingest", *read, "--traces", "--kafka", place.kafka, *kept, *pool)
    says = "proved blocks go to Kafka" + (", what waits beside them" if pending else "")
    return _part("ingest", argv, lambda _log: _is_published(place, pending), says)


def detect(place: Place, rules: Path | None = None) -> Part:
    state = place.folder / f"detect-{place.chain_id}"
    argv = _undertow("detect", "--kafka", place.kafka, "--chain-id", place.chain_id, "--state", state,
                     *_with_rules(rules))  # fmt: skip
    return _part("detect", argv, lambda _log: _is_judged(place), "blocks are judged as they come")


def pending(place: Place, rules: Path | None = None) -> Part:
    """Its state is beside that of `detect`, its alerts are in a topic of their own."""
    state = place.folder / f"detect-{place.chain_id}"
    read = ("--kafka", place.kafka, "--chain-id", place.chain_id, "--state", state)
    argv = _undertow("detect", "--pending", *read, *_with_rules(rules))
    says = "what waits is judged, beside the book"
    return _part("pending", argv, lambda _log: (state / "pending").exists(), says)


def sink(place: Place, canary: bool = False, budget_cpu: float | None = None) -> Part:
    heard = ("--canary", place.labels, "--canary-within", CANARY_WITHIN_S) if canary else ()
    kept = ("--kafka", place.kafka, "--store", place.store)
    argv = _undertow("sink", *kept, *heard, *_limited(budget_cpu))
    return _part("sink", argv, lambda _log: _is_filed(place), "alerts are filed for the dashboard")


def dashboard(place: Place, port: int, rules: Path | None = None, budget_cpu: float | None = None) -> Part:
    read = ("--store", place.store, "--port", port, "--lake", place.lake)
    argv = _undertow("dashboard", *read, *_with_rules(rules), *_limited(budget_cpu))
    return _part("dashboard", argv, lambda _log: answers(port), url(port))


def _with_rules(rules: Path | None) -> tuple[str, ...]:
    return () if rules is None else ("--rules", str(rules.absolute()))


def _limited(budget_cpu: float | None) -> tuple[object, ...]:
    return () if budget_cpu is None else ("--budget-cpu", budget_cpu)


def second_chain(place: Place) -> Part:
    """What is said of the watched chain is anchored on another one, which mines each second."""
    heard = ("--host", LOOPBACK, "--port", str(place.anchor_port))
    mines = ("--chain-id", str(ANCHOR_CHAIN_ID), "--block-time", "1", "--silent")
    argv = [str(tools.anvil()), *heard, *mines]
    return _part("second chain", argv, lambda _log: answers(place.anchor_port), place.anchor_rpc)


def anchor(place: Place) -> Part:
    """A new key pays, which the second chain gives coin."""
    key = place.folder / f"anchor-{place.chain_id}.key"
    key.unlink(missing_ok=True)
    with os.fdopen(os.open(key, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as out:
        out.write(secrets.token_hex(32) + "\n")
    wallet = Wallet.connect(place.anchor_rpc)
    wallet.ask("anvil_setBalance", SigningKey.read(key).address, hex(ANCHOR_WEI))
    where = ("--store", place.store, "--chain-id", place.chain_id, "--from-block", 0)
    paid = ("--rpc", place.anchor_rpc, "--key-file", key, "--depth", 3)
    argv = _undertow("anchor", *where, *paid, "--state", place.folder / f"anchor-{place.chain_id}")
    says = f"final alerts are anchored on chain {ANCHOR_CHAIN_ID}"
    return _part("anchor", argv, lambda log: "paid by" in _text(log), says)


def url(port: int) -> str:
    return f"http://{LOOPBACK}:{port}"


def _undertow(command: str, *arguments: object) -> list[str]:
    return [sys.executable, "-m", "undertow", command, *map(str, arguments)]


def _part(
    name: str, argv: Sequence[str], is_up: Callable[[Path], bool], says: str, ends: bool = False
) -> Part:
    return Part(name, argv, lambda log: [_line(name, says)] if is_up(log) else None, ends)


def _line(name: str, text: str) -> str:
    return f"{name:<13} {text}"


def _text(log: Path) -> str:
    return log.read_text(errors="replace")


def _chain_lines(log: Path) -> list[str] | None:
    """What `undertow chain` says: the name of a part, two spaces, and its URL."""
    said = [line.split("  ", 1) for line in _text(log).splitlines() if "  http" in line]
    lines = [_line(name, address.strip()) for name, address in said]
    return lines if any(name == "fork" for name, _ in said) else None


def _is_published(place: Place, pending: bool) -> bool:
    from ingest.kafka import Cluster

    cluster = Cluster(place.kafka)
    partition = cluster.chains().get(place.chain_id)
    return partition is not None and (not pending or cluster.pending_partitions() > partition)


def _is_judged(place: Place) -> bool:
    from detectors.runs.published import output_mark
    from ingest.kafka import Cluster

    partition = Cluster(place.kafka).partition_of(place.chain_id)
    return output_mark(place.kafka, place.chain_id, partition) is not None


def _is_filed(place: Place) -> bool:
    """The sink has made its store and filed the first blocks of this chain."""
    from dashboard.store import open_reader

    if not place.store_file.exists():
        return False
    with closing(open_reader(place.store)) as store:
        return place.chain_id in {head.chain_id for head in store.heads()}
