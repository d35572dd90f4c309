"""Strangers whom listed wallets send dust to: they asked for nothing, and can refuse nothing."""

from __future__ import annotations

from ingest.localchain.chain.actions import PLAIN_GAS, pay
from ingest.localchain.chain.miner import Mined
from ingest.localchain.chain.wallet import Address
from ingest.localchain.protocols.disperse import Disperse, disperse_ether
from ingest.localchain.story_parts.funding import between
from ingest.localchain.story_parts.money_trails import convert
from ingest.localchain.story_parts.random_draws import split
from ingest.localchain.story_parts.sanctioned_wallets import listed_wallet, step_back
from ingest.localchain.world.stage import ETHER, Acts, Outcome, Stage, Story, hashes, roles, wait
from ingest.localchain.world.world import ETH

CATEGORY = "sanctioned-exposure"
WARM_UP = 25
LONGEST = 26


def dusting(stage: Stage) -> Story:
    """Well-known strangers get a hair of native value each, as a protest; they go on as before."""
    listed = yield from listed_wallet(stage, ETHER)
    strangers = _strangers(stage, 30)
    done: list[Mined] = []
    for start in range(0, len(strangers), 6):
        dust = ETH.units(between(stage, 0.01, 2))
        done += yield [pay(ETH, listed, one, dust) for one in strangers[start : start + 6]]
    step_back(stage, listed)
    note = f"dust from a listed wallet to {len(strangers)} strangers"
    return Outcome(hashes(done), roles(intermediaries=strangers, infrastructure=[listed]), note)


def token_dusting(stage: Stage) -> Story:
    """The same with a token that is worth something."""
    token = stage.world.token(stage.rng.choice(("USDC", "USDT", "DAI")))
    listed = yield from listed_wallet(stage, ETHER)
    done: list[Mined] = yield convert(stage, token, listed)
    strangers = _strangers(stage, 20)
    for one in strangers:
        done += yield [pay(token, listed, one, token.units(between(stage, 0.01, 3)))]
    step_back(stage, listed)
    note = f"{token.symbol} dust from a listed wallet to {len(strangers)} strangers"
    return Outcome(hashes(done), roles(intermediaries=strangers, infrastructure=[listed]), note)


def dust_spent(stage: Stage) -> Story:
    """A dusted stranger lives on: pays friends and the exchange, with the dust somewhere in it."""
    listed = yield from listed_wallet(stage, ETHER)
    stranger = stage.dormant(stage.ether(1, 20))
    done: list[Mined] = yield [pay(ETH, listed, stranger, ETH.units(between(stage, 0.01, 2)))]
    yield from wait(stage.rng.randint(1, 4))
    done += yield from _live_on(stage, stranger)
    step_back(stage, listed)
    note = "somebody who got dust from a listed wallet pays friends and the exchange"
    return Outcome(hashes(done), roles(intermediaries=[stranger], infrastructure=[listed]), note)


def dispersed_dust(stage: Stage) -> Story:
    """Dust to many at once, over Disperse."""
    listed = yield from listed_wallet(stage, ETHER)
    strangers = _strangers(stage, 60)
    amounts = dict.fromkeys(strangers, ETH.units(between(stage, 0.01, 1)))
    disperse = stage.world.of(Disperse)
    done: list[Mined] = yield [disperse_ether(disperse, listed, amounts)]
    step_back(stage, listed)
    note = f"dust from a listed wallet to {len(strangers)} strangers at once"
    named = roles(intermediaries=strangers, infrastructure=[listed, disperse.contract])
    return Outcome(hashes(done), named, note)


VARIANTS = {
    "dusting": dusting,
    "token_dusting": token_dusting,
    "dust_spent": dust_spent,
    "dispersed_dust": dispersed_dust,
}


def _strangers(stage: Stage, most: int) -> list[Address]:
    people = stage.cast.active(stage.rng, stage.rng.randint(most // 3, most))
    return [person.address for person in people]


def _live_on(stage: Stage, wallet: Address) -> Acts:
    """Three payments, one of them to the own deposit address at the exchange."""
    friends = [person.address for person in stage.cast.active(stage.rng, 2)]
    payees = [*friends, stage.exchange.deposit_address(stage.rng, wallet)]
    left = stage.spendable(wallet, *[PLAIN_GAS] * len(payees)) // 2
    done: list[Mined] = []
    for payee, part in zip(payees, split(stage.rng, left, len(payees)), strict=True):
        done += yield [pay(ETH, wallet, payee, part)]
        yield from wait(stage.rng.randint(0, 2))
    return done
