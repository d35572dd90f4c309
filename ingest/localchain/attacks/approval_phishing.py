"""Approval phishing: owners are tricked into allowances for one spender, who pulls what they have away."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ingest.localchain.chain.actions import (
    DEPLOY_GAS,
    SWAP_GAS,
    TOKEN_GAS,
    UNLIMITED,
    Asset,
    Transaction,
    approve,
    buy,
    give_picture,
    mint_picture,
    pay,
    pull,
)
from ingest.localchain.chain.artifacts import Own
from ingest.localchain.chain.miner import Mined
from ingest.localchain.chain.signing import Signer
from ingest.localchain.chain.wallet import Address, call_data
from ingest.localchain.protocols.permit2 import MOST, Permit2, take
from ingest.localchain.story_parts.funding import between, fund, people_with, withdrawal
from ingest.localchain.world.clock import DAY, HOUR
from ingest.localchain.world.stage import Acts, Outcome, Stage, Story, hashes, roles, sleep, wait

CATEGORY = "approval-phishing"
WARM_UP = 25
LONGEST = 30
NIGHTS = 1

_CLAIMER = Own("allowance", "Claimer")


@dataclass(frozen=True, slots=True)
class _Gang:
    """`spender` gets the allowances, `collector` the money."""

    spender: Address
    collector: Address


def approvals(stage: Stage) -> Story:
    """Victims approve a wallet, for ever or for what they have; it pulls to a third party."""
    asset = stage.rng.choice(stage.world.tokens[:4])
    gang = yield from _gang(stage)
    victims = yield from people_with(stage, stage.rng.randint(2, 9), asset, 150)
    increase = stage.rng.random() < 0.3  # a share of the fake pages asks for increaseAllowance
    signed: list[Mined] = []
    for group in _groups(stage, victims):
        held = stage.miner.holdings((asset, owner) for owner in group)
        limits = [UNLIMITED // 2 if stage.rng.random() < 0.6 else amount for amount in held]
        pairs = zip(group, limits, strict=True)
        signed += yield [_allow(asset, owner, gang.spender, limit, increase) for owner, limit in pairs]
        yield from wait(stage.rng.randint(0, 2))
    yield from _linger(stage)
    done, loss = yield from _pull_all(stage, asset, victims, gang)
    note = f"{len(victims)} owners of {asset.symbol} approved a wallet that pulled to another"
    return _outcome(stage, [*signed, *done], victims, gang, note, done[0].hash, loss)


def revoked_in_time(stage: Stage) -> Story:
    """Victims approve a wallet, notice, and take their approvals back; the pulls that follow fail."""
    asset = stage.rng.choice(stage.world.tokens[:4])
    gang = yield from _gang(stage)
    victims = yield from people_with(stage, stage.rng.randint(2, 6), asset, 150)
    done: list[Mined] = yield [approve(asset.token, victim, gang.spender) for victim in victims]
    yield from wait(stage.rng.randint(0, 3))
    done += yield [approve(asset.token, victim, gang.spender, 0) for victim in victims]
    done += yield [pull(asset.token, gang.spender, v, gang.collector, asset.units(100)) for v in victims]
    note = f"{len(victims)} owners approved a wallet and revoked before it pulled"
    return _outcome(stage, done, victims, gang, note, None, 0.0)


def claim_page(stage: Stage) -> Story:
    """Victims approve a contract and "claim"; its owner pulls from several of them in one transaction."""
    asset = stage.rng.choice(stage.world.tokens[:3])
    owner = stage.fresh()
    yield from fund(stage, owner, stage.ether(0.4, 2))
    victims = yield from people_with(stage, stage.rng.randint(3, 10), asset, 150)
    deployed = yield [Transaction(owner, None, _CLAIMER.deployment(), gas=DEPLOY_GAS)]
    contract = _created(deployed)
    gang = _Gang(contract, stage.fresh())
    done: list[Mined] = list(deployed)
    for group in _groups(stage, victims):
        claims = [Transaction(v, contract, call_data("claim()"), stage.rng.randint(0, 10**14)) for v in group]
        allowances = [approve(asset.token, v, contract) for v in group]
        done += yield [t for pair in zip(allowances, claims, strict=True) for t in pair]
    yield from _linger(stage)
    harm, loss = "", 0.0
    for group in _groups(stage, victims):
        amounts = _shares(stage, stage.miner.holdings((asset, victim) for victim in group))
        data = call_data(
            "collect(address,address[],uint256[],address)", asset.token, group, amounts, gang.collector
        )
        pulled = yield [Transaction(owner, contract, data, gas=SWAP_GAS + len(group) * TOKEN_GAS)]
        done += pulled
        harm, loss = harm or pulled[0].hash, loss + sum(asset.usd(amount) for amount in amounts)
    note = f"{len(victims)} owners of {asset.symbol} approved a contract that collected from several at once"
    return _outcome(stage, done, victims, gang, note, harm, loss, [owner])


def permits(stage: Stage) -> Story:
    """Victims only sign (ERC-2612): the spender brings the permit onto the chain and pulls with it."""
    asset = stage.rng.choice(stage.world.tokens[:3])
    gang = yield from _gang(stage)
    victims = yield from _signers(stage, asset)
    domain = {"name": _name(stage, asset), "version": "1", **_place(stage, asset.token)}
    deadline = stage.now + 30 * DAY
    done: list[Mined] = []
    loss = 0.0
    for victim in victims:
        (amount,) = _shares(stage, [stage.holding(asset, victim.address)])
        signed = victim.permit(domain, gang.spender, UNLIMITED, deadline)
        data = call_data(
            "permit(address,address,uint256,uint256,uint8,bytes32,bytes32)",
            victim.address, gang.spender, UNLIMITED, deadline, signed.v, signed.r, signed.s,
        )  # fmt: skip
        taken = pull(asset.token, gang.spender, victim.address, gang.collector, amount)
        done += yield [Transaction(gang.spender, asset.token, data, gas=2 * TOKEN_GAS), taken]
        loss += asset.usd(amount)
        yield from wait(stage.rng.randint(0, 2))
    note = f"{len(victims)} signatures for permits of {asset.symbol}, each used by the spender to pull"
    return _outcome(stage, done, [v.address for v in victims], gang, note, done[1].hash, loss)


def permit2(stage: Stage) -> Story:
    """Victims who have let Permit2 handle their token sign a permit for a spender they do not know."""
    asset = stage.rng.choice(stage.world.tokens[:3])
    gang = yield from _gang(stage)
    victims = yield from _signers(stage, asset)
    permit2_at = stage.world.of(Permit2).address
    yield [approve(asset.token, victim.address, permit2_at) for victim in victims]
    yield from wait(stage.rng.randint(1, 4))
    domain = {"name": "Permit2", **_place(stage, permit2_at)}
    expiration = stage.now + 30 * DAY
    done: list[Mined] = []
    loss = 0.0
    for victim in victims:
        details = {"token": asset.token, "amount": MOST, "expiration": expiration, "nonce": 0}
        signed = victim.permit2(domain, details, gang.spender)
        permission = call_data(
            "permit(address,((address,uint160,uint48,uint48),address,uint256),bytes)",
            victim.address,
            ((asset.token, MOST, expiration, 0), gang.spender, expiration),
            signed.packed,
        )
        (amount,) = _shares(stage, [stage.holding(asset, victim.address)])
        permitted = Transaction(gang.spender, permit2_at, permission, gas=3 * TOKEN_GAS)
        done += yield [permitted, take(gang.spender, victim.address, gang.collector, asset.token, amount)]
        loss += asset.usd(amount)
        yield from wait(stage.rng.randint(0, 2))
    note = f"{len(victims)} Permit2 signatures for {asset.symbol}, each used by the spender to pull"
    return _outcome(stage, done, [v.address for v in victims], gang, note, done[1].hash, loss)


def collections(stage: Stage) -> Story:
    """Collectors approve a wallet for all their pictures, and it takes them, some minutes later."""
    gallery, gang = stage.world.gallery, (yield from _gang(stage))
    victims = yield from people_with(stage, stage.rng.randint(2, 5), stage.world.tokens[0], 20)
    first = stage.miner.supply(gallery)
    minted = yield [mint_picture(gallery, stage.world.deployer, v) for v in victims]
    numbers = [first + offset for offset in range(len(minted))]
    owned = [n for n in numbers if _owner(stage, n) in victims]
    owners = [_owner(stage, n) for n in owned]
    allow = call_data("setApprovalForAll(address,bool)", gang.spender, True)
    done: list[Mined] = yield [Transaction(v, gallery, allow) for v in dict.fromkeys(owners)]
    yield from _linger(stage)
    harm = ""
    for number, owner in zip(owned, owners, strict=True):
        taking = give_picture(gallery, owner, gang.collector, number)
        taken = yield [Transaction(gang.spender, gallery, taking.data, gas=taking.gas)]
        done += taken
        harm = harm or taken[0].hash
    note = f"{len(owned)} pictures of {len(victims)} collectors taken by a wallet approved for all"
    return _outcome(stage, done, victims, gang, note, harm, 0.0)


VARIANTS = {
    "approvals": approvals,
    "claim_page": claim_page,
    "permit2": permit2,
    "permits": permits,
    "collections": collections,
    "revoked_in_time": revoked_in_time,
}


def _gang(stage: Stage) -> Acts:
    """A spender with money for fees, sometimes one that has traded before; a collector nobody knows."""
    spender = stage.fresh()
    yield from fund(stage, spender, stage.ether(0.3, 2))
    if stage.rng.random() < 0.4:
        token = stage.rng.choice(stage.world.tokens[:4]).token
        yield [buy(stage.world.router, spender, [stage.world.weth, token], stage.ether(0.01, 0.1))]
    return _Gang(spender, stage.fresh())


def _groups(stage: Stage, victims: Sequence[Address]) -> list[Sequence[Address]]:
    """One to four victims a block."""
    size = stage.rng.randint(1, 4)
    return [victims[start : start + size] for start in range(0, len(victims), size)]


def _allow(asset: Asset, owner: Address, spender: Address, limit: int, increase: bool) -> Transaction:
    if increase:
        data = call_data("increaseAllowance(address,uint256)", spender, limit)
        return Transaction(owner, asset.token, data)
    return approve(asset.token, owner, spender, limit)


def _linger(stage: Stage) -> Acts:
    """The spender strikes at once, within minutes, or after hours to days."""
    if stage.rng.random() < 0.3:
        yield from sleep(stage, round(between(stage, HOUR, 4 * DAY)))
    else:
        yield from wait(stage.rng.randint(0, 4))


def _shares(stage: Stage, held: Sequence[int]) -> list[int]:
    """All of it, mostly; else a part, so that what is left looks untouched."""
    whole = stage.rng.random() < 0.7
    return [amount if whole else int(amount * stage.rng.uniform(0.3, 0.95)) for amount in held]


def _pull_all(stage: Stage, asset: Asset, victims: Sequence[Address], gang: _Gang) -> Acts:
    """The pulls, in one or more blocks, and what they were worth."""
    done: list[Mined] = []
    loss = 0.0
    for group in _groups(stage, victims):
        amounts = _shares(stage, stage.miner.holdings((asset, victim) for victim in group))
        pairs = zip(group, amounts, strict=True)
        done += yield [pull(asset.token, gang.spender, v, gang.collector, amount) for v, amount in pairs]
        loss += sum(asset.usd(amount) for amount in amounts)
        yield from wait(stage.rng.randint(0, 2))
    return done, loss


def _signers(stage: Stage, asset: Asset) -> Acts:
    """Two to seven people with keys: they withdraw `asset` from the exchange and pay a friend some of it."""
    victims = [Signer.drawn(stage.rng) for _ in range(stage.rng.randint(2, 7))]
    yield [t for v in victims for t in withdrawal(stage, v.address, asset, between(stage, 200, 30_000))]
    friends = stage.cast.active(stage.rng, 3)
    amounts = stage.miner.holdings((asset, victim.address) for victim in victims)
    paying = zip(victims, amounts, strict=True)
    yield [pay(asset, v.address, stage.rng.choice(friends).address, amount // 20) for v, amount in paying]
    return victims


def _place(stage: Stage, contract: Address) -> dict[str, object]:
    """What a signature's domain says of where it counts."""
    return {"chainId": stage.miner.chain_id, "verifyingContract": contract}


def _name(stage: Stage, asset: Asset) -> str:
    """The token's own name, which its domain repeats."""
    answer = stage.miner.ask(asset.token, "name()")
    return answer[64 : 64 + int.from_bytes(answer[32:64], "big")].decode()


def _owner(stage: Stage, number: int) -> Address:
    """Who holds a picture just now."""
    return "0x" + stage.miner.ask(stage.world.gallery, "ownerOf(uint256)", number)[-20:].hex()


def _created(deployed: Sequence[Mined]) -> Address:
    created = deployed[0].created
    assert created is not None
    return created


def _outcome(
    stage: Stage,
    done: Sequence[Mined],
    victims: Sequence[Address],
    gang: _Gang,
    note: str,
    harm: str | None,
    loss: float,
    more: Sequence[Address] = (),
) -> Outcome:
    stage.cast.release(victims)
    named = roles([*more, gang.spender, gang.collector], victims)
    return Outcome(hashes(done), named, note, harm, round(loss, 2), succeeded=harm is not None)
