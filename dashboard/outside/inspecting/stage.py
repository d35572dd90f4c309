"""What a contract meets on the private fork: people, honest tokens, a pool, a lender, and a probe."""

from __future__ import annotations

from dataclasses import dataclass

from dashboard.outside.inspecting.fork import RICH, Fork
from ingest.localchain.chain.artifacts import FACTORY, PERMIT_TOKEN, WETH9, Deployable, Own
from ingest.localchain.chain.wallet import Address, address_of, call_data
from ingest.model.errors import SetupFailed

ETHER = 10**18
POOLED = 10**6 * ETHER
"""Of each token, in the pool of stand-ins: and as much can be borrowed without collateral."""
_PROBE = Own("probe", "Probe")
_HOOKED = Own("bank", "HookToken", ("address", "string", "string"))
_LENDER = Own("lender", "FlashLender")


@dataclass(frozen=True, slots=True)
class Stage:
    """Whoever needs no key here, and contracts of undertow's own: `money` and `gem` are plain tokens with a
    pool `pair`; `hooked` is money wrapped into a token that calls its receivers; `lender` lends flash loans
    of money and gem. `probe` and `other` do what the attacker says.
    """

    hand: Address
    owner: Address
    attacker: Address
    victim: Address
    friend: Address
    probe: Address
    other: Address
    coin: Address
    money: Address
    gem: Address
    hooked: Address
    factory: Address
    pair: Address
    lender: Address

    def standing_for(self, name: str) -> Address | None:
        """What an argument calls `@token`, `@pool`, `@owner` …"""
        names = {
            "token": self.money, "gem": self.gem, "hooked": self.hooked, "pool": self.pair,
            "weth": self.coin, "owner": self.owner, "factory": self.factory, "friend": self.friend,
        }  # fmt: skip
        return names.get(name.removeprefix("@"))


def staged(fork: Fork, seed: int) -> Stage:
    """Deploys all of it. The same seed on the same block gives the same addresses."""
    hand, owner, attacker, victim, friend = (
        address_of(f"inspect {seed} {who}") for who in ("hand", "owner", "attacker", "victim", "friend")
    )
    for who in (hand, owner, attacker, victim, friend):
        fork.give(who)
    coin, factory = deploy(fork, hand, WETH9), deploy(fork, hand, FACTORY, hand)
    money = deploy(fork, hand, PERMIT_TOKEN, "Stand-in money", "SIM", 18)
    gem = deploy(fork, hand, PERMIT_TOKEN, "Stand-in gem", "SIG", 18)
    hooked = deploy(fork, hand, _HOOKED, money, "Stand-in hooked", "SIH")
    lender = deploy(fork, hand, _LENDER)
    probe, other = deploy(fork, attacker, _PROBE), deploy(fork, attacker, _PROBE)
    pair = pool(fork, hand, factory, money, gem)
    for token in (money, gem):
        mint(fork, hand, token, pair, POOLED)
        mint(fork, hand, token, lender, POOLED)
    fork.send(hand, pair, call_data("mint(address)", hand))
    for who in (probe, other):
        fork.send(attacker, who, call_data("act(address,uint256,bytes)", hooked, 0, _use_hook()))
    return Stage(
        hand, owner, attacker, victim, friend, probe, other, coin, money, gem, hooked, factory, pair, lender
    )


def deploy(fork: Fork, sender: Address, code: Deployable, *arguments: object) -> Address:
    done = fork.send(sender, None, code.deployment(*arguments))
    if not done.ok or done.created is None:
        raise SetupFailed("a contract of undertow's own cannot be deployed on a fork of this chain")
    return done.created


def pool(fork: Fork, sender: Address, factory: Address, first: Address, second: Address) -> Address:
    """A new Uniswap V2 pool of two tokens."""
    fork.send(sender, factory, call_data("createPair(address,address)", first, second))
    return f"0x{fork.view(factory, 'getPair(address,address)', first, second) or 0:040x}"


def mint(fork: Fork, hand: Address, token: Address, to: Address, amount: int) -> None:
    fork.send(hand, token, call_data("mint(address,uint256)", to, amount))


def provide(fork: Fork, stage: Stage, who: Address, asset: Address | None, amount: int) -> bool:
    """Sees to it that somebody holds at least so much more of an asset, also of one that is not ours."""
    if asset is None:
        fork.give(who, fork.held(who, None) + min(amount, RICH))
        return True
    if asset in (stage.money, stage.gem):
        mint(fork, stage.hand, asset, who, amount)
        return True
    if asset == stage.hooked:
        mint(fork, stage.hand, stage.money, stage.hand, amount)
        fork.send(stage.hand, stage.money, call_data("approve(address,uint256)", asset, amount))
        fork.send(stage.hand, asset, call_data("wrap(uint256)", amount))
        return fork.send(stage.hand, asset, call_data("transfer(address,uint256)", who, amount)).ok
    before = fork.held(who, asset)
    return fork.arrange("token", who, asset, hex(before + amount)) and fork.held(who, asset) > before


def _use_hook() -> bytes:
    return bytes.fromhex(call_data("useHook(bool)", True)[2:])
