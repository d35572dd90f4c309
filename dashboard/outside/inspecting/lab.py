"""What all trials share: the fork, what stands on it, who is inspected, and how money gets in and out."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any

from dashboard.outside.inspecting.fork import Fork
from dashboard.outside.inspecting.functions import Function
from dashboard.outside.inspecting.guesses import call
from dashboard.outside.inspecting.outcome import Count
from dashboard.outside.inspecting.stage import ETHER, Stage, provide
from dashboard.outside.inspecting.subject import Subject
from ingest.localchain.chain.actions import UNLIMITED, ZERO
from ingest.localchain.chain.wallet import Address, call_data, types_of

WHO, AMOUNT, ASSET = "@who", "@amount", "@asset"
"""What a way has in place of arguments that differ from use to use."""
STAKE = 10 * ETHER
_TEMPLATES = 12
_ASSET_VIEWS = (
    "asset()",
    "token()",
    "money()",
    "underlying()",
    "token0()",
    "token1()",
    "collateral()",
    "want()",
)
_OUT_OF_WAY = 2**40
"""Seconds or shares: enough where it is a deadline, next to nothing where it is money."""


@dataclass(frozen=True, slots=True)
class Way:
    """A call that moves `asset` (None: the coin) into the contract, or out of it to whoever calls."""

    function: Function
    arguments: tuple[Any, ...]
    asset: Address | None

    def data(self, who: Address, amount: int) -> str:
        filled = call(self.function, [_filled(each, who, amount, self.asset) for each in self.arguments])
        return filled or self.function.selector


@dataclass(slots=True)
class Lab:
    """`most`: tries a kind. Trials draw from dice of their own, so that none changes what another does."""

    fork: Fork
    stage: Stage
    subject: Subject
    seed: int
    most: int
    counts: dict[str, Count] = field(default_factory=dict)
    _assets: list[Address | None] = field(default_factory=list)
    _payers: dict[Address | None, set[str]] = field(default_factory=dict)
    _ways: dict[Address | None, tuple[Way, ...]] = field(default_factory=dict)

    def dice(self, kind: str) -> Random:
        return Random(f"{self.seed} {kind}")

    def count(self, kind: str, most: int | None = None) -> Count:
        return self.counts.setdefault(kind, Count(most or self.most))

    def assets(self) -> list[Address | None]:
        """The coin, what the contract says that it deals in, and the stand-ins where it is new."""
        if not self._assets:
            self._assets = self._find_assets()
        return self._assets

    def _find_assets(self) -> list[Address | None]:
        said = [self.fork.view(self.subject.address, each) for each in _ASSET_VIEWS]
        named = [f"0x{word:040x}" for word in said if word and not word >> 160]
        tokens = [each for each in named if self.fork.view(each, "totalSupply()") is not None]
        ours = [self.stage.money, self.stage.gem, self.stage.hooked] if self.subject.fresh else []
        return list(dict.fromkeys([None, *tokens, *ours]))

    def act(self, to: Address, data: str, value: int = 0, through: Address | None = None) -> bool:
        """The attacker has his probe (or the other one) do it, with the probe's own coin."""
        inside = call_data("act(address,uint256,bytes)", to, value, bytes.fromhex(data[2:]))
        return self.fork.send(self.stage.attacker, through or self.stage.probe, inside).ok

    def allow(self, asset: Address | None, who: Address) -> None:
        """Lets the contract take an asset from somebody: the probe, or a person."""
        if asset is None:
            return
        data = call_data("approve(address,uint256)", self.subject.address, UNLIMITED)
        if who in (self.stage.probe, self.stage.other):
            self.act(asset, data, through=who)
        else:
            self.fork.send(who, asset, data)

    def do(self, who: Address, way: Way, amount: int, pays: bool = False) -> bool:
        """`who` goes a way; `pays`: with so much of the coin."""
        value = amount if pays and way.asset is None else 0
        data = way.data(who, amount)
        if who in (self.stage.probe, self.stage.other):
            return self.act(self.subject.address, data, value, who)
        return self.fork.send(who, self.subject.address, data, value).ok

    def enter(self, who: Address, way: Way, amount: int) -> bool:
        """`who` is given so much, allows it to be taken, and puts it in."""
        provide(self.fork, self.stage, who, way.asset, amount)
        self.allow(way.asset, who)
        return self.do(who, way, amount, pays=True)

    def ways_in(self, asset: Address | None) -> tuple[Way, ...]:
        """Found by trying: calls after which the contract holds what somebody had before."""
        if asset not in self._ways:
            self._ways[asset] = tuple(self._find_in(asset))
        return self._ways[asset]

    def _find_in(self, asset: Address | None) -> list[Way]:
        probe, at = self.stage.probe, self.subject.address
        acts = [each for each in self.subject.acts if each.payable or asset is not None]
        ways = [Way(each, arguments, asset) for each in acts for arguments in templates(each)]
        with self.fork.undone():
            provide(self.fork, self.stage, probe, asset, STAKE)
            self.allow(asset, probe)
            found: dict[str, Way] = {}
            for way in self.possible(ways, probe, STAKE, 0 if asset else STAKE):
                if way.function.selector in found:
                    continue
                with self.fork.undone():
                    before = self.fork.held(at, asset)
                    went = self.do(probe, way, STAKE, pays=True)
                    if went and (self.fork.held(at, asset) - before) * 10 >= STAKE * 9:
                        found[way.function.selector] = way
        return list(found.values())

    def possible(self, ways: list[Way], who: Address, amount: int, value: int = 0) -> list[Way]:
        """Those that would not fail as things stand."""
        at = self.subject.address
        answers = self.fork.ask_all([(at, way.data(who, amount), who, value) for way in ways])
        return [way for way, answer in zip(ways, answers, strict=True) if answer is not None]

    def ways_out(self, asset: Address | None, who: Address, amounts: list[int]) -> list[tuple[Way, int]]:
        """Found by trying as things stand: calls that pay `who` of an asset, each with the first amount that
        does, in the order of `amounts`. What has paid before is tried first, all else where that does not.
        """
        payers = self._payers.setdefault(asset, set())
        known = [each for each in self.subject.acts if each.selector in payers]
        found = self._out_by(known, asset, who, amounts) or self._out_by(
            self.subject.acts, asset, who, amounts
        )
        payers |= {way.function.selector for way, _ in found}
        return found

    def _out_by(
        self, acts: Sequence[Function], asset: Address | None, who: Address, amounts: list[int]
    ) -> list[tuple[Way, int]]:
        ways = [Way(each, filled, asset) for each in acts for filled in templates(each)]
        found: dict[str, tuple[Way, int]] = {}
        for amount in dict.fromkeys(amounts):
            rest = [way for way in ways if way.function.selector not in found]
            for way in self.possible(rest, who, amount):
                if way.function.selector not in found and self._pays(way, who, amount):
                    found[way.function.selector] = way, amount
        return list(found.values())

    def _pays(self, way: Way, who: Address, amount: int) -> bool:
        with self.fork.undone():
            before = self.fork.held(who, way.asset)
            return self.do(who, way, amount) and self.fork.held(who, way.asset) > before

    def claims(self, who: Address) -> list[int]:
        """What the contract says that somebody has: any view of an address that answers a number."""
        asked = [each for each in self.subject.functions if each.types in (("address",), None)]
        at = self.subject.address
        answers = self.fork.ask_all([(at, f"{each.selector}{int(who, 16):064x}", None, 0) for each in asked])
        numbers = [int.from_bytes(each, "big") for each in answers if each and len(each) == 32]
        return list(dict.fromkeys(each for each in numbers if each > 1))


def templates(function: Function) -> list[tuple[Any, ...]]:
    """Arguments of a call by which somebody deals for himself: himself, an amount, the asset."""
    if function.types is None:
        return []
    choices = [_choices(kind, i, function.types) for i, kind in enumerate(function.types)]
    return list(itertools.islice(itertools.product(*choices), _TEMPLATES))


def _choices(kind: str, at: int, types: tuple[str, ...]) -> list[Any]:
    if kind == "address":
        return [WHO, ASSET]
    if kind.startswith("uint"):
        first = all(not each.startswith("uint") for each in types[:at])
        return [AMOUNT] if first else [0, _OUT_OF_WAY]
    if kind.endswith("[]"):
        return [[each] for each in _choices(kind[:-2], at, types)]
    if kind.startswith("("):
        return [tuple(_choices(each, 0, ("",))[0] for each in types_of(kind))]
    plain: dict[str, Any] = {"bool": True, "string": "", "bytes": b""}
    return [plain.get(kind, bytes(int(kind.removeprefix("bytes") or 32)) if "bytes" in kind else 0)]


def _filled(argument: Any, who: Address, amount: int, asset: Address | None) -> Any:
    if isinstance(argument, list):
        return [_filled(each, who, amount, asset) for each in argument]
    if isinstance(argument, tuple):
        return tuple(_filled(each, who, amount, asset) for each in argument)
    return (
        {WHO: who, AMOUNT: amount, ASSET: asset or ZERO}.get(argument, argument)
        if isinstance(argument, str)
        else argument
    )
