"""An inspection from beginning to end."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from dashboard.outside.inspecting import replay
from dashboard.outside.inspecting.attacks.first_depositor import first_depositor
from dashboard.outside.inspecting.attacks.powers import powers
from dashboard.outside.inspecting.attacks.pushing import pushing
from dashboard.outside.inspecting.attacks.reentry import reentry
from dashboard.outside.inspecting.attacks.selling import selling
from dashboard.outside.inspecting.attacks.upgrading import upgrading
from dashboard.outside.inspecting.code_facts import CodeFacts, code_facts
from dashboard.outside.inspecting.fork import TimeIsUp, forked
from dashboard.outside.inspecting.functions import from_abi
from dashboard.outside.inspecting.lab import Lab
from dashboard.outside.inspecting.makers import maker_of
from dashboard.outside.inspecting.market import Market, made_market, markets_on_chain
from dashboard.outside.inspecting.outcome import ATTACKS, POWERS, Count, Outcome, missed
from dashboard.outside.inspecting.stage import mint, staged
from dashboard.outside.inspecting.subject import Subject, at_address, chosen, deployed
from dashboard.outside.inspecting.waiting import GiveWay, at_once
from ingest.localchain.chain.wallet import Address, Wallet, is_type
from ingest.machine.untrusted_solidity import Compiled, Contract, compile_file
from ingest.model.errors import BadInput, WrongChain

_TIME_IS_UP = "the time was up (--seconds)"
_WAITED = "the time went by in waiting for the pipeline (--now does not wait)"


@dataclass(frozen=True, slots=True)
class Wish:
    """What to inspect: an address, or a file with what it takes to deploy it. `tries` a kind, `seconds` in
    all (what was not tried by then is said).
    """

    target: str
    rpc: str
    chain_id: int | None = None
    contract: str | None = None
    folder: Path | None = None
    arguments: Sequence[Any] | None = None
    abi: Path | None = None
    model: Path | None = None
    seed: int = 7
    tries: int = 60
    seconds: float = 300.0


@dataclass(frozen=True, slots=True)
class Report:
    """What was found. `wish` is what was asked; counterexamples are in the outcomes."""

    wish: Wish
    chain_id: int
    number: int
    hash: str
    subject: Subject
    made_by: str
    facts: CodeFacts
    outcomes: tuple[Outcome, ...]
    seconds: float = field(compare=False)

    def lines(self) -> list[str]:
        """For a person."""
        wish, subject = self.wish, self.subject
        behind = f", a proxy of {subject.implementation}" if subject.implementation else ""
        named = (
            "" if subject.has_interface else ", without its interface: what its code answers to was called"
        )
        owners = (
            f"owners     tried as: {', '.join(subject.owners)}"
            if subject.owners
            else "owners     none is known"
        )
        return [
            f"inspected  {self.made_by}{behind}{named}",
            f"fork       private, of chain {self.chain_id} after block {self.number}; seed {wish.seed}, "
            f"up to {wish.tries} tries a kind, {wish.seconds:g} s in all ({self.seconds:.1f} s taken)",
            *(f"assumed    {note}" for note in subject.notes),
            owners,
            *self.facts.lines(),
            *(each.line() for each in self.outcomes),
            "           not found is not safe: it says what these tries did not find",
        ]

    def example(self, outcome: Outcome) -> dict[str, Any]:
        """A counterexample as it is written."""
        return replay.written(self.chain_id, self.number, self.hash, self.subject.address, outcome)


def inspect(wish: Wish, give_way: GiveWay = at_once) -> Report:
    """Before each kind of trial it gives way. Raises BadInput, WrongChain, NodeUnreachable, NodeMisbehaved,
    SetupFailed: each in one line.
    """
    address = address_in(wish.target)
    return examined(wish, address if address is not None else _compiled(wish), give_way)


def examined(wish: Wish, target: Address | tuple[Compiled, Contract], give_way: GiveWay = at_once) -> Report:
    """The same of an address, or of a contract that was compiled already."""
    begun, watched = time.monotonic(), Wallet.connect(wish.rpc)
    if wish.chain_id is not None and (found := int(watched.ask("eth_chainId"), 16)) != wish.chain_id:
        raise WrongChain(f"the node is of chain {found}, not of {wish.chain_id} (--chain-id): nothing tried")
    with forked(wish.rpc, wish.seconds) as fork:
        if isinstance(target, Address):
            maker = maker_of(watched, target, fork.number)
            subject, named = at_address(fork, target, maker, _abi(wish.abi)), target
            stage = staged(fork, wish.seed)
        else:
            stage = staged(fork, wish.seed)
            subject = deployed(fork, stage, *target, wish.arguments)
            named = f"{target[1].name} of {wish.target}, compiled by solc {target[0].version}"
        facts = code_facts(watched, subject, fork.number, wish.model)
        outcomes = tried(Lab(fork, stage, subject, wish.seed, wish.tries), watched, give_way)
    return Report(
        wish, fork.chain_id, fork.number, fork.hash, subject, named, facts, outcomes, time.monotonic() - begun
    )


def tried(lab: Lab, watched: Wallet, give_way: GiveWay = at_once) -> tuple[Outcome, ...]:
    """Every kind, in the order of `ATTACKS` and `POWERS`; what the time did not suffice for, it says."""
    found: dict[str, Outcome] = {}
    why = _TIME_IS_UP
    try:
        market = _market(lab, watched)
    except TimeIsUp:
        market = None
    trials: list[Callable[[], Sequence[Outcome]]] = [
        lambda: [selling(lab, market)],
        lambda: [upgrading(lab)],
        lambda: [first_depositor(lab)],
        lambda: [reentry(lab)],
        lambda: pushing(lab),
        lambda: powers(lab, market),
    ]
    for trial in trials:
        if not give_way(lab.fork.until):
            why = _WAITED
            break
        try:
            found |= {each.kind: each for each in trial()}
        except TimeIsUp:
            continue
    return tuple(found.get(kind) or _late(lab, kind, why) for kind in (*ATTACKS, *POWERS))


def _late(lab: Lab, kind: str, why: str) -> Outcome:
    power = kind in POWERS or kind == "owner-drains"
    count = lab.counts.get("powers" if power else kind) or Count(0)
    return missed(kind, count, why)


def _market(lab: Lab, watched: Wallet) -> Market | None:
    subject, fork = lab.subject, lab.fork
    if fork.view(subject.address, "totalSupply()") is None:
        return None
    if not subject.fresh:
        return next(iter(markets_on_chain(watched, fork, subject.address)), None)
    if not fork.held(lab.stage.owner, subject.address):
        for each in subject.acts:
            if each.signature == "mint(address,uint256)":
                mint(fork, lab.stage.owner, subject.address, lab.stage.owner, 10**24)
    return made_market(fork, lab.stage, subject.address, lab.stage.owner)


def _compiled(wish: Wish) -> tuple[Compiled, Contract]:
    file = Path(wish.target)
    if not file.is_file():
        raise BadInput(f"{wish.target} is neither an address (0x and 40 hex digits) nor a Solidity file")
    compiled = compile_file(file, wish.folder or file.parent)
    return compiled, chosen(compiled, wish.contract, wish.target)


def address_in(text: str) -> Address | None:
    """In lower case; None for what is none."""
    given = text.strip().lower()
    is_one = len(given) == 42 and given.startswith("0x") and not set(given[2:]) - set("0123456789abcdef")
    return given if is_one else None


def _abi(file: Path | None) -> list[Mapping[str, Any]] | None:
    if file is None:
        return None
    try:
        found = json.loads(file.read_bytes())
    except (OSError, ValueError, RecursionError) as error:
        raise BadInput(f"{file} cannot be read as an interface (JSON): {error}") from error
    listed: Any = found.get("abi") if isinstance(found, dict) else found
    try:
        odd = [kind for each in from_abi(listed) for kind in each.types or () if not is_type(kind)]
    except (TypeError, KeyError, AttributeError, ValueError, RecursionError) as error:
        raise BadInput(f"{file} holds no interface: a JSON list, or an object with one as `abi`") from error
    if odd:
        raise BadInput(f"{file} holds no interface: {odd[0]!r:.60} is no type")
    return list(listed)
