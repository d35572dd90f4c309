"""Plays the world: block by block on both chains, in turns. After each turn the chain is followed live
through the node of that turn, as its operator would, into Kafka; in the end the log becomes a lake.
"""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from ingest.facts.bridge_files import Bridge
from ingest.lake import RANGE_BLOCKS
from ingest.lake.writing import LakeWriter
from ingest.localchain.chain.chain import fork, origin
from ingest.localchain.chain.wallet import address_of
from ingest.machine import broker, tools
from ingest.model.errors import SetupFailed
from tests.bench.two_chains.bridge_file import bridge_between
from tests.bench.two_chains.crossings import (
    CLAIM,
    DEPOSIT,
    TOLD_BLOCKS,
    Scene,
    Stage,
    Story,
    Told,
    attacks,
    treasury,
)
from tests.bench.two_chains.honest_crossings import hard_negatives
from tests.bench.two_chains.labels import Labelled, Node, write
from tests.bench.two_chains.nodes import DEEP, HARMLESS, LIES, MIXED, REORGANISED, SHALLOW, OddNode, serving
from tests.bench.two_chains.plan import TwoChains
from tests.bench.two_chains.reading import Session, session
from tests.bench.two_chains.sides import DOLLAR, DRIFTWOOD, ETHER, HARBOUR, Side
from tests.fixtures.log import replay

HERE, THERE = 31_410, 31_411
BLOCK_S, APART_S = 12, 5
"""From block to block, and by how much the other side's come later."""

CONFIRMATIONS, FINALITY_S, DELAY_S, WAIT_S = 3, 60, 60, 30
"""Of the bridge's file. A silent chain is waited for a second, so that playing it does not take minutes."""

SILENT_TURNS, SILENT_EVERY = 3, 14
TURN, DEEP_TURN = (5, 8), (16, 22)
"""Blocks of a turn; of one in which a node's chain parts from ours for good."""

READ_S = 600
"""How long a busy machine may take to read the log back."""

MOST_MORE_TURNS = 60
"""Turns of no odd node in which stories that go on come to their ends."""

TAIL = 45
"""Blocks after the last story: by then all is told and judged."""

SPREAD = 0.7
"""In so much of the turns' blocks all stories begin."""

TOWN, PAYMENTS = 60, 5
"""People who pay each other all the time, and how often a block."""

STOCK = 1_000_000 * ETHER


def play(plan: TwoChains, folder: Path) -> None:
    """Fills `folder` with `lake` and `labels.jsonl`, with a broker of its own. Raises SetupFailed where a
    node did not do what it is labelled with.
    """
    tools.ensure(print)
    with broker.running(folder / "kafka") as kafka:
        played(plan, folder, kafka)
    shutil.rmtree(folder / "kafka")


def played(plan: TwoChains, folder: Path, kafka: str) -> Run:
    """As `play`, into the log of a broker in which chain `HERE` is not yet."""
    with ExitStack() as inside:
        urls = [inside.enter_context(_bare(number)) for number in (HERE, THERE)]
        here, there = (Side.open(url, name) for url, name in zip(urls, ("here", "there"), strict=True))
        other = inside.enter_context(serving(OddNode(there.url, "other chain", _says_nothing)))
        run = Run(plan, folder, kafka, here, there, other)
        run.all()
        batch = replay(kafka, HERE, READ_S).batch()
    writer = LakeWriter(folder / "lake")
    for first in range(batch.first - batch.first % RANGE_BLOCKS, batch.last + 1, RANGE_BLOCKS):
        writer.write(batch.slice(max(first, batch.first), min(batch.last, first + RANGE_BLOCKS - 1)))
    blocks = dict(batch.blocks.select("timestamp", "block_number").iter_rows())
    own = frozenset(sent.hash for block in here.blocks.values() for sent in block)
    head = (HERE, batch.first, batch.last, plan.seed)
    write(folder / "labels.jsonl", head, run.labelled, run.nodes, own, blocks)
    return run


@contextmanager
def _bare(chain_id: int) -> Iterator[str]:
    with origin(lambda _miner: None, chain_id=chain_id) as node:
        yield node.url


def _says_nothing(_node: OddNode, _exchange: object) -> tuple[int, bytes]:
    return 503, b""


@dataclass(frozen=True, slots=True)
class Turn:
    """Some blocks, and the node that they are read through. `is_silent`: the other chain cannot be read."""

    number: int
    node: str
    blocks: int
    is_silent: bool


@dataclass
class Run:
    """A world while it is played. `labelled` and `nodes` are what is over."""

    plan: TwoChains
    folder: Path
    kafka: str
    here: Side
    there: Side
    other: OddNode
    stage: Stage = field(default_factory=Stage)
    labelled: list[Labelled] = field(default_factory=list)
    nodes: list[Node] = field(default_factory=list)
    first: int = 0
    _session: Session | None = None
    _is_patient: bool = True
    _inside: ExitStack = field(default_factory=ExitStack)
    _going: list[tuple[str, str, str, Story]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.rng = Random(f"two chains {self.plan.seed}")
        self.now = max(self.here.now, self.there.now) + 3_600
        self._turns, self._script = self._nodes(), self._stories()
        blocks = sum(turn.blocks for turn in self._turns)
        self._pace = len(self._script) / max(1, SPREAD * blocks)

    def all(self) -> None:
        """From the first block to the last."""
        self._open()
        for turn in self._turns:
            self._play(turn)
        for number in range(MOST_MORE_TURNS):
            if not self._script and not self._going:
                break
            self._play(Turn(number, "", self.rng.randint(*TURN), "silence" in self.stage.wants))
        if self._going:
            raise SetupFailed(f"{self._going[0][0]} does not come to its end")
        self.stage.silent = self.other.awake = False
        for _ in range(TAIL):
            self._block()
        self._follow(self.here.url)
        self._inside.close()

    def _open(self) -> None:
        """Contracts, and a treasury whose coins of both sides crossed in the ordinary way."""
        self.first = int(self.here.wallet.ask("eth_blockNumber"), 16) + 1
        for side in (self.here, self.there):
            side.deploy()
        owner, dollars = treasury(), STOCK // 10**12
        for side, coin, units in (
            (self.there, HARBOUR, STOCK), (self.there, DRIFTWOOD, STOCK), (self.here, DOLLAR, dollars),
        ):  # fmt: skip
            side.bridges(owner, "issue(address,address,uint256)", coin, owner, 2 * units)
        self._mine()
        self.stage.nonces = 2
        self.there.bridges(owner, f"lock{DEPOSIT}", HARBOUR, 1, STOCK)
        self.here.bridges(owner, f"lock{DEPOSIT}", DOLLAR, 2, dollars)
        for _ in range(TOLD_BLOCKS + 2):
            self._mine()
        self.here.bridges(owner, f"mint{CLAIM}", HARBOUR, 1, owner, STOCK)
        self.there.bridges(owner, f"mint{CLAIM}", DOLLAR, 2, owner, STOCK)
        self._mine()
        self._follow(self.here.url)

    def _nodes(self) -> list[Turn]:
        """Each kind of node so often, in an order of chance."""
        wanted = self.plan.wants([*LIES, DEEP, *HARMLESS, SHALLOW, REORGANISED]) * self.plan.rounds
        self.rng.shuffle(wanted)
        is_read_late = bool(self.plan.wants(["late_reader"]))
        return [
            Turn(
                number, name, self.rng.randint(*(DEEP_TURN if name == DEEP else TURN)),
                is_read_late and number % SILENT_EVERY >= SILENT_EVERY - SILENT_TURNS,
            )
            for number, name in enumerate(wanted)
        ]  # fmt: skip

    def _stories(self) -> list[tuple[str, str, str, Callable[[Scene], Story]]]:
        """Id, kind, variant and story, in an order of chance, the first one last."""
        told = [("attack", *one) for one in attacks().items()]
        told += [("hard_negative", *one) for one in hard_negatives().items()]
        found = [one for one in told if self.plan.wants([one[1]])] * self.plan.rounds
        self.rng.shuffle(found)
        numbers: Counter[str] = Counter()
        stories = []
        for kind, variant, story in found:
            numbers[kind] += 1
            id_ = f"bridge-mismatch-{kind.replace('_', '-')}-{numbers[kind]:03d}"
            stories.append((id_, kind, variant, story))
        return stories[::-1]

    def _play(self, turn: Turn) -> None:
        """The blocks of a turn; then they are read through its node, and the chain's own beside it."""
        self.stage.silent = self.other.awake = turn.is_silent
        if turn.is_silent:
            self.stage.wants.discard("silence")
        with ExitStack() as inside:
            node = OddNode(self.here.url, turn.node, LIES.get(turn.node) or HARMLESS.get(turn.node))
            inside.enter_context(serving(node))
            node.since = self.here.head + 1
            branch = self._branch(node, inside)
            for at in range(turn.blocks):
                for _ in range(int(self._pace + self.rng.random()) if self._pace else 0):
                    if self._script:
                        self._begin(*self._script.pop())
                self.stage.ends = at == turn.blocks - 1
                self._block()
                if branch is not None and at == turn.blocks - 2:
                    self._part(branch, node)
            self._read(node)
        for side in (self.here, self.there):
            if f"reorganisation {side.name}" in self.stage.wants:
                self.stage.wants.discard(f"reorganisation {side.name}")
                side.reorganise(self.rng.randint(1, CONFIRMATIONS - 1))
                self._follow(self.here.url)
        print(
            f"  played and read to block {self.here.head}, through a node: {turn.node or 'ours'}", flush=True
        )

    def _begin(self, id_: str, kind: str, variant: str, story: Callable[[Scene], Story]) -> None:
        rng = Random(f"{self.plan.seed} {id_}")
        scene = Scene(self.here, self.there, rng, f"{self.plan.seed} {id_}", self.stage)
        self._going.append((id_, kind, variant, story(scene)))

    def _block(self) -> None:
        """Every story goes on by a block."""
        going, self._going = self._going, []
        for id_, kind, variant, story in going:
            try:
                next(story)
                self._going.append((id_, kind, variant, story))
            except StopIteration as ended:
                told: Told = ended.value
                self.labelled.append(Labelled(id_, kind, variant, told))
        self._town()
        self._mine()

    def _mine(self) -> None:
        self.now += BLOCK_S
        self.here.mine(max(self.now, self.here.now + 1))
        self.there.mine(max(self.now + APART_S, self.there.now + 1))

    def _town(self) -> None:
        """Ordinary payments, in ether and in both coins that are used here."""
        for _ in range(self.rng.randint(PAYMENTS - 3, PAYMENTS + 3)):
            one, other = (address_of(f"townsman {n}") for n in self.rng.sample(range(TOWN), 2))
            self.here.sends(one, other, value=self.rng.randint(1, 500) * 10**15)
        coin, unit = self.rng.choice(((DOLLAR, 10**5), (HARBOUR, 10**17)))
        who = address_of(f"townsman {self.rng.randrange(TOWN)}")
        self.here.hands(treasury(), coin, who, self.rng.randint(1, 500) * unit)

    def _branch(self, node: OddNode, inside: ExitStack) -> Side | None:
        """The real chain beside ours that a node of this turn serves; it parts with the turn's blocks."""
        if node.name not in (DEEP, SHALLOW, MIXED):
            return None
        node.fork = inside.enter_context(fork(self.here.url, chain_id=HERE)).url
        return Side.open(node.fork, "fork")

    def _part(self, branch: Side, node: OddNode) -> None:
        """The branch has the same transactions, a second later each: all but the newest block's, or of what
        is mixed up once the first block's.
        """
        for number in range(node.since, node.since + 1 if node.name == MIXED else self.here.head + 1):
            for sent in self.here.blocks[number]:
                branch.copies(sent)
            branch.mine(max(self._time(number) + 1, branch.now + 1))

    def _time(self, number: int) -> int:
        return int(self.here.wallet.ask("eth_getBlockByNumber", hex(number), False)["timestamp"], 16)

    def _read(self, node: OddNode) -> None:
        """Raises SetupFailed where a node was never asked what it would lie about."""
        if node.name in (DEEP, SHALLOW):
            self._follow(self.here.url, until=self.here.head - 1)
        if node.name == REORGANISED:
            self._follow(self.here.url)
            self.here.reorganise(self.rng.randint(1, 5))
        node.awake = True
        self._follow(f"{node.url},{self.here.url}" if node.name else self.here.url)
        if node.name in LIES and not node.told:
            raise SetupFailed(f"a node that {node.name} was never asked what it would lie about")
        if node.name:
            kind = "attack" if node.name in LIES or node.name == DEEP else "hard_negative"
            blocks = (min(node.told, default=node.since), self.here.head)
            self.nodes.append(Node(kind, node.name, node.url, *blocks))

    def _follow(self, nodes: str, until: int | None = None) -> None:
        """As `undertow ingest --bridge FILE` does, up to a block. Where the other chain falls silent, or can
        be read again, it is started anew.
        """
        if self._session is None or self._is_patient == self.stage.silent:
            self._is_patient = not self.stage.silent
            self._inside.close()
            self._session = self._inside.enter_context(
                session(self.kafka, HERE, self.first, self._bridge(), self._say)
            )
        self._session.read(nodes, self.here.head if until is None else until)

    def _say(self, line: str) -> None:
        with (self.folder / "ingest.log").open("a") as log:
            print(line, file=log)

    def _bridge(self) -> Bridge:
        wait_s = 1 if self.stage.silent else WAIT_S
        times = {"delay_seconds": DELAY_S, "wait_seconds": wait_s}
        final = {"confirmations": CONFIRMATIONS, "finality_seconds": FINALITY_S}
        there = {"rpc": self.other.url, "chain_id": THERE, **final}
        return bridge_between(self.here, self.there, self.folder, self.first, times, there)
