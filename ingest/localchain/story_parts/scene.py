"""What a story has put on chain so far, and what it cost the people in it, read from the chain as it goes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from ingest.localchain.chain.actions import Asset, Transaction, pay
from ingest.localchain.chain.miner import Mined
from ingest.localchain.chain.wallet import Address
from ingest.localchain.story_parts.funding import people_with
from ingest.localchain.world.stage import Acts, Outcome, Role, Stage, hashes, sleep
from ingest.localchain.world.world import ETH


@dataclass(slots=True)
class Scene:
    """`crowd`: people of the cast who are this story's while it is awake; nobody else moves or pays them."""

    stage: Stage
    crowd: list[Address] = field(default_factory=list)
    counted: tuple[Asset, ...] = (ETH,)
    """What the crowd pays and is paid in."""
    done: list[Mined] = field(default_factory=list)
    lost_usd: float = 0.0
    """By how much the crowd has become poorer in `counted`, over the blocks that were played."""

    def gather(self, count: int, least_usd: float, asset: Asset = ETH) -> Acts:
        """Brings `count` people who hold so much. Before the first transaction that is played: until then
        they live their own lives, and what they lose by those would look like the story's doing."""
        self.crowd += yield from people_with(self.stage, count, asset, least_usd)
        yield []

    def play(self, transactions: Sequence[Transaction]) -> Acts:
        """One block with these; gives what was mined."""
        before = self._worth()
        mined: list[Mined] = yield list(transactions)
        self.done += mined
        self.lost_usd += before - self._worth()
        return mined

    def payment(self, asset: Asset, payer: Address, payee: Address, amount: int) -> Transaction:
        """A payment by one of the crowd, who knows the payee from now on."""
        if person := self.stage.cast.people.get(payer):
            person.paid.add(payee)
        return pay(asset, payer, payee, amount)

    def pause(self, longest: int) -> Acts:
        """Up to so many blocks in which nothing happens here."""
        for _ in range(self.stage.rng.randint(0, longest)):
            yield []

    def overnight(self, seconds: int) -> Acts:
        """Lets hours or days pass; the crowd lives its own life meanwhile, and is back afterwards."""
        self.stage.cast.release(self.crowd)
        self.stage.cast.engage(self.crowd)
        yield from sleep(self.stage, seconds)
        self.stage.cast.reserve(self.crowd)
        yield []

    def end(
        self, named: Sequence[Role], note: str, harm: str | None = None, also: tuple[str, ...] = ()
    ) -> Outcome:
        """The story is over and the crowd free. Without `harm` an attack came to nothing."""
        self.stage.cast.release(self.crowd)
        loss = max(0.0, round(self.lost_usd, 2)) if harm else 0.0
        return Outcome(hashes(self.done), tuple(named), note, harm, loss, harm is not None, also)

    def end_honest(self, named: Sequence[Role], note: str) -> Outcome:
        """The end of a story without attackers."""
        self.stage.cast.release(self.crowd)
        return Outcome(hashes(self.done), tuple(named), note)

    def _worth(self) -> float:
        pairs = [(asset, person) for asset in self.counted for person in self.crowd]
        held = self.stage.miner.holdings(pairs)
        return sum(asset.usd(amount) for (asset, _), amount in zip(pairs, held, strict=True))
