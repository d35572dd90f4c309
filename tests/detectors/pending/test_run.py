"""From a node's pool to `fraud.pending`, by the commands as people run them; the book is another's."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from typer.testing import CliRunner

from detectors.alerts.pending import PendingAlert, pending_from
from detectors.base import Detector
from detectors.engine.settings import EngineSettings
from detectors.registry import detectors
from detectors.runs.pending.run import PendingRun
from ingest.kafka import ALERTS, PENDING, PENDING_ALERTS, Cluster, tail
from ingest.live.mempool.picture import opened
from ingest.live.mempool.spending import Spending
from ingest.live.mempool.watching import watched
from ingest.live.wiring import FollowSettings, follow
from ingest.localchain.chain.chain import private_fork
from ingest.log.blocklog import cursor
from ingest.machine.processes import wait_until
from ingest.model.budget import OWED_BLOCKS, Budget
from ingest.model.errors import BadInput
from ingest.model.health import Vitals
from tests.fixtures.frames import address
from tests.fixtures.town import ETHER, Town
from undertow import app

pytestmark = [pytest.mark.broker, pytest.mark.chain]
MALLORY = "0x" + address("mallory").hex()


def exposure() -> tuple[Detector, ...]:
    return tuple(each for each in detectors() if each.name == "sanctioned-exposure")


@contextmanager
def running(work: threading.Thread, stop: threading.Event) -> Iterator[None]:
    work.start()
    try:
        yield
    finally:
        stop.set()
        work.join(30)
        assert not work.is_alive()


class Processor:
    """CPU seconds that a process has used: nothing but what a test spends."""

    def __init__(self) -> None:
        self.used = 0.0

    def __call__(self) -> float:
        return self.used


def used_up(say: Callable[[str], None]) -> Budget:
    """A budget of which as much is owed as can be: the blocks after the next `OWED_BLOCKS` pay for a look."""
    processor = Processor()
    budget = Budget(1.0, processor, say)
    processor.used = 1_000_000.0
    return budget


def unlimited() -> Spending:
    return Spending(Budget(), Vitals())


@contextmanager
def ingests(
    town: Town,
    kafka: str,
    folder: Path,
    said: list[str],
    budget: Budget | None = None,
    vitals: Vitals | None = None,
) -> Iterator[None]:
    """Follows the town with its pool, and says that mallory is under sanctions."""
    facts = folder / "facts"
    facts.mkdir(exist_ok=True)
    (facts / "sanctions.txt").write_text(f"{MALLORY}\n")
    stop, settings = threading.Event(), FollowSettings(town.head, facts=facts)
    pool = opened(town.url, town.chain_id, False, frozenset(), private_fork, said.append)
    counted = vitals or Vitals()
    spending = Spending(budget or Budget(), counted)

    def run() -> None:
        with watched(pool, kafka, stop, said.append, spending):
            follow(town.url, kafka, town.chain_id, settings, None, stop, said.append, counted)

    with running(threading.Thread(target=run), stop):
        wait_until(lambda: Cluster(kafka).chains().get(town.chain_id) is not None, 60, "the first block")
        partition = Cluster(kafka).partition_of(town.chain_id)
        wait_until(lambda: Cluster(kafka).pending_partitions() > partition, 60, "room for what is pending")
        yield


@contextmanager
def judges_what_waits(
    town: Town, kafka: str, folder: Path, said: list[str], budget: Budget | None = None
) -> Iterator[PendingRun]:
    stop, settings = threading.Event(), EngineSettings()
    state, limit = folder / "state", budget or Budget()
    run = PendingRun(kafka, town.chain_id, exposure(), state, settings, said.append, limit)
    with running(threading.Thread(target=run.run, args=(stop,)), stop):
        yield run


def pays_from_mallory(town: Town) -> str:
    town.wallet.ask("anvil_setBalance", MALLORY, hex(1000 * ETHER))
    to = "0x" + address("bob").hex()
    sent = {"from": MALLORY, "to": to, "value": hex(5 * ETHER), "gas": hex(21_000)}
    return str(town.wallet.ask("eth_sendTransaction", sent))


def read_to_its_head(town: Town, kafka: str) -> None:
    partition = Cluster(kafka).partition_of(town.chain_id)
    wait_until(lambda: cursor(kafka, town.chain_id, partition).newest == town.head, 60, "the head in the log")


def left_out(vitals: Vitals) -> int:
    return sum(work.left_out for work in vitals.optional)


def records(town: Town, kafka: str) -> list[PendingAlert]:
    partition = Cluster(kafka).partition_of(town.chain_id)
    found = tail(kafka, PENDING_ALERTS, partition, 50)
    return [pending_from(each.key, each.value, town.chain_id) for each in found]


def waits_for(town: Town, kafka: str, count: int) -> list[PendingAlert]:
    wait_until(lambda: len(records(town, kafka)) >= count, 60, f"{count} records of pending alerts")
    return records(town, kafka)


def test_what_waits_is_found_before_it_is_mined_and_is_never_in_the_book(
    town: Town, kafka: str, tmp_path: Path
) -> None:
    said: list[str] = []
    with ingests(town, kafka, tmp_path, said), judges_what_waits(town, kafka, tmp_path, said):
        head = town.mine(2).head
        paid = pays_from_mallory(town)
        (pending,) = waits_for(town, kafka, 1)
        town.mine()
        _, mined = waits_for(town, kafka, 2)
        town.reorganise(1)
        again = pays_from_mallory(town)
        *_, back = waits_for(town, kafka, 3)
        town.wallet.ask("anvil_dropTransaction", again)
        *_, dropped = waits_for(town, kafka, 4)

    assert (pending.alert.category, pending.transactions) == ("sanctioned-exposure", (paid,))
    assert (pending.first_parent_number, pending.end) == (head, None)
    assert pending.alert.proof == "none" and not pending.alert.proven
    assert (mined.id, mined.end and mined.end.how) == (pending.id, "mined")
    assert mined.end is not None and mined.end.alert is not None
    assert back.end is None
    assert (dropped.id, dropped.end and dropped.end.how) == (back.id, "dropped")
    assert tail(kafka, ALERTS, Cluster(kafka).partition_of(town.chain_id), 5) == []


def test_a_budget_that_is_used_up_leaves_out_what_waits_and_no_block(
    town: Town, kafka: str, tmp_path: Path
) -> None:
    said: list[str] = []
    with (
        ingests(town, kafka, tmp_path, said),
        judges_what_waits(town, kafka, tmp_path, said, used_up(said.append)) as run,
    ):
        town.mine(2)
        pays_from_mallory(town)
        wait_until(lambda: left_out(run.vitals) > 0, 60, "a picture to be left out")
        town.mine(OWED_BLOCKS + 1)
        wait_until(lambda: run.vitals.head == town.head, 60, "every block to be judged")
        assert records(town, kafka) == []
        paid = pays_from_mallory(town)
        (pending,) = waits_for(town, kafka, 1)

    assert pending.transactions == (paid,)
    assert run.vitals.counts()["blocks"] > OWED_BLOCKS
    paused, *_, slowed = [line for line in said if "by the budget" in line]
    assert paused == "pending: paused by the budget; a block may cost 1 CPU s (0 done, 1 left out so far)"
    assert slowed.startswith("pending: slowed by the budget")


@pytest.mark.soak
def test_who_reads_the_pool_leaves_it_unread_where_its_budget_is_used_up(
    town: Town, kafka: str, tmp_path: Path
) -> None:
    said, vitals = list[str](), Vitals()
    with ingests(town, kafka, tmp_path, said, used_up(said.append), vitals):
        pays_from_mallory(town)
        wait_until(lambda: left_out(vitals) > 1, 60, "looks at the pool to be left out")
        partition = Cluster(kafka).partition_of(town.chain_id)
        assert tail(kafka, PENDING, partition, 5) == []
        town.mine(OWED_BLOCKS + 1)
        read_to_its_head(town, kafka)
        wait_until(lambda: bool(tail(kafka, PENDING, partition, 5)), 60, "the pool to be read again")

    (pending,) = vitals.optional
    assert (vitals.budget_cpu_s, pending.name, pending.state) == (1.0, "pending", "slowed")


@pytest.mark.parametrize(
    "command", ["ingest --rpc http://127.0.0.1:9", "detect --chain-id 5", "detect --lake x --alerts y"]
)
def test_a_budget_without_anything_that_it_could_leave_out_is_refused(command: str) -> None:
    done = CliRunner().invoke(app, [*command.split(), "--budget-cpu", "1"])

    assert done.exit_code == 2
    assert "there is nothing here that may be left" in done.output


@pytest.mark.soak
def test_what_a_process_before_left_open_is_ended_by_the_next(town: Town, kafka: str, tmp_path: Path) -> None:
    said: list[str] = []
    with ingests(town, kafka, tmp_path, said):
        town.mine(2)
        paid = pays_from_mallory(town)
        with judges_what_waits(town, kafka, tmp_path, said):
            (pending,) = waits_for(town, kafka, 1)
        town.wallet.ask("anvil_dropTransaction", paid)
        town.mine()
        with judges_what_waits(town, kafka, tmp_path, said):
            *_, ended = waits_for(town, kafka, 2)

    assert (ended.id, ended.end and ended.end.how) == (pending.id, "dropped")


def test_where_nobody_reads_a_pool_it_says_what_to_start(town: Town, kafka: str, tmp_path: Path) -> None:
    follow(
        town.url, kafka, town.chain_id, FollowSettings(until_block=town.head), None, threading.Event(), print
    )
    run = PendingRun(kafka, town.chain_id, (), tmp_path, EngineSettings(), print)
    if Cluster(kafka).pending_partitions() > Cluster(kafka).partition_of(town.chain_id):
        pytest.skip("another test of this session made room for chains to come")

    with pytest.raises(BadInput, match="undertow ingest --mempool"):
        run.run(threading.Event())


@pytest.mark.parametrize(
    "wrong",
    [
        "--lake x --alerts y",
        "--chain-id 5 --rebuild",
        "--chain-id 5 --tier logs",
        "--chain-id 5 --standby 3",
        "",
    ],
)
def test_pending_goes_with_a_live_run_alone(wrong: str) -> None:
    done = CliRunner().invoke(app, ["detect", "--pending", *wrong.split()])

    assert done.exit_code == 2
    assert "--pending" in done.output


@pytest.mark.soak
def test_state_that_cannot_be_gone_on_with_is_made_anew_without_being_asked(
    town: Town, kafka: str, tmp_path: Path
) -> None:
    said: list[str] = []
    with ingests(town, kafka, tmp_path, said):
        town.mine(3)
        chain, state = town.chain_id, tmp_path / "state"
        for finality in (2, 3):
            settings = EngineSettings(finality=finality)
            PendingRun(kafka, chain, exposure(), state, settings, said.append).run(
                threading.Event(), town.head
            )

    told = [line for line in said if line.startswith("detect")]
    assert "made with other settings or code" in told[0]
    assert "--rebuild" not in told[0]
    assert told[1] == f"detect --pending: chain {chain}: its state is forgotten, and made anew"


@pytest.mark.soak
def test_a_reorganisation_below_what_is_final_is_begun_behind_and_not_met_for_ever(
    town: Town, kafka: str, tmp_path: Path
) -> None:
    said: list[str] = []
    with ingests(town, kafka, tmp_path, said):
        for _ in range(9):
            read_to_its_head(town.mine(), kafka)
        read_to_its_head(town.reorganise(6).mine(), kafka)
        settings = EngineSettings(finality=2)
        run = PendingRun(kafka, town.chain_id, exposure(), tmp_path / "state", settings, said.append)
        run.run(threading.Event(), town.head)

    told = [line for line in said if line.startswith("detect")]
    assert "below the final state kept" in told[0]
    assert len(told) == 2


@pytest.mark.soak
def test_a_second_who_reads_the_pool_takes_over_and_the_first_ends(
    town: Town, kafka: str, tmp_path: Path
) -> None:
    said: list[str] = []
    with ingests(town, kafka, tmp_path, said):
        stop, second = threading.Event(), list[str]()
        pool = opened(town.url, town.chain_id, False, frozenset(), private_fork, second.append)

        def ended() -> bool:
            town.mine()
            return any("took over" in line for line in said)

        with watched(pool, kafka, stop, second.append, unlimited()):
            wait_until(ended, 60, "the first to end")
            for _ in range(8):
                town.mine()
                time.sleep(0.5)

    assert second == [] and sum("took over" in line for line in said) == 1
