"""Suspicious contracts: code aimed at one other contract; and honest code by people who have just come."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from random import Random

from tests.contract.background import PEOPLE
from tests.contract.story import ETHER, Names, Story, attack, dealt, honest, open_account, rests
from tests.detectors.parts.test_bytecode import asks, calls, push, when_paid
from tests.fixtures.frames import ChainBuilder, keccak

EVENT = b"\xa1"
ORIGIN = b"\x32\x33\x14"
SWEEP = b"\x47\x5a\xf1"
TRANSFERS = calls("balanceOf(address)") + calls("transfer(address,uint256)")
LOAN = "onFlashLoan(address,address,uint256,uint256,bytes)"
HOOK = "tokensReceived(address,address,address,uint256,bytes,bytes)"


def wired(address: bytes) -> bytes:
    """As a constructor fills it in."""
    return push(address.rjust(32, b"\0"))


def positives(seed: int) -> list[Story]:
    """Ten, two of each family: re-entering, from a hook, inflating, voting with a loan, behind a proxy."""
    tales: dict[str, Callable[[str, Random, Names], Story]] = {
        "raider": _raider,
        "hook raider": _hook_raider,
        "inflator": _inflator,
        "voter": _voter,
        "siphon": _siphon,
    }
    dealt_ = dealt(seed, *tales, rounds=2)
    return [tales[name.rsplit(" ", 1)[0]](name, rng, names) for name, rng, names in dealt_]


def hard_negatives(seed: int) -> list[Story]:
    """A vault tried again, a wallet for one's own bank, one that saves, a borrower, a bot, a batch sender."""
    tales = {
        "rehearsal": _rehearsal,
        "own bank": _own_bank,
        "saver": _saver,
        "borrower": _borrower,
        "batch sender": _batch_sender,
        "upgrade": _upgrade,
        "clone": _clone,
    }
    return [tales[name.rsplit(" ", 1)[0]](name, rng, names) for name, rng, names in dealt(seed, *tales)]


def _bank(chain: ChainBuilder, rng: Random, names: Names, many: bool = False) -> bytes:
    """A contract that somebody made and people use: a few, or all sorts."""
    founder, bank = names.fresh(), names.fresh()
    open_account(chain, founder, ETHER)
    chain.creates(founder, bank).code(bank, EVENT + asks("deposit()"))
    for person in PEOPLE[:30] if many else rng.sample(PEOPLE, 4):
        with chain.transaction(person, bank, ETHER // 10, data=keccak(b"deposit()")[:4]):
            pass
    return bank


def _armed(
    name: str, rng: Random, names: Names, code: Callable[[bytes, bytes], bytes], used: bool = True
) -> Story:
    """Somebody who has just come deploys code that knows him and a bank, and may use it."""
    thief, contract = names.fresh(), names.fresh()

    def acts(chain: ChainBuilder) -> Iterator[None]:
        bank = _bank(chain, rng, names)
        open_account(chain, thief, 2 * ETHER)
        yield
        chain.creates(thief, contract).code(contract, code(thief, bank))
        yield from rests(rng, 3)
        if used:
            chain.calls(thief, contract, keccak(b"raid()")[:4])

    return attack(name, acts, thief, [contract])


def _raider(name: str, rng: Random, names: Names) -> Story:
    def code(thief: bytes, bank: bytes) -> bytes:
        gate = ORIGIN if name.endswith("1") else wired(thief)
        return when_paid("withdraw(uint256)") + gate + wired(bank) + calls("deposit()") + SWEEP

    return _armed(name, rng, names, code, rng.random() < 0.5)


def _hook_raider(name: str, rng: Random, names: Names) -> Story:
    def code(thief: bytes, bank: bytes) -> bytes:
        into = calls("deposit(uint256)") + calls("withdraw(uint256)")
        return asks(HOOK) + b"\x00" + wired(thief) + wired(bank) + into + TRANSFERS

    return _armed(name, rng, names, code)


def _inflator(name: str, rng: Random, names: Names) -> Story:
    def code(thief: bytes, bank: bytes) -> bytes:
        into = calls("deposit(uint256,address)") + calls("redeem(uint256,address,address)")
        return asks("inflate(uint256)") + wired(thief) + wired(bank) + into + TRANSFERS

    return _armed(name, rng, names, code)


def _voter(name: str, rng: Random, names: Names) -> Story:
    def code(thief: bytes, bank: bytes) -> bytes:
        into = calls("lock(uint256)") + calls("unlock(uint256)")
        return asks(LOAN) + push(thief) + wired(bank) + into

    return _armed(name, rng, names, code)


def _siphon(name: str, rng: Random, names: Names) -> Story:
    """To be put behind a proxy; it tells of an upgrade, as such code does."""

    def code(thief: bytes, _bank: bytes) -> bytes:
        return asks("proxiableUUID()") + wired(thief) + EVENT + TRANSFERS

    return _armed(name, rng, names, code, used=False)


def _deployed(
    name: str, rng: Random, names: Names, code: Callable[[bytes, bytes], bytes], many: bool = True
) -> Story:
    """An honest one deploys code that may know him and what others use, and calls it."""
    owner, contract = names.fresh(), names.fresh()

    def acts(chain: ChainBuilder) -> Iterator[None]:
        bank = _bank(chain, rng, names, many)
        open_account(chain, owner, 2 * ETHER)
        yield
        chain.creates(owner, contract).code(contract, code(owner, bank))
        yield
        chain.calls(owner, contract, keccak(b"run()")[:4])

    return honest(name, acts, [owner, contract])


def _rehearsal(name: str, rng: Random, names: Names) -> Story:
    """The same vault three times; it tells of everything."""
    owner, vaults = names.fresh(), names.many(3)

    def acts(chain: ChainBuilder) -> Iterator[None]:
        open_account(chain, owner, ETHER)
        for vault in vaults:
            yield
            chain.creates(owner, vault).code(vault, EVENT + asks("deposit(uint256)") + TRANSFERS)
            chain.calls(owner, vault, keccak(b"deposit(uint256)")[:4])

    return honest(name, acts, [owner, *vaults])


def _own_bank(name: str, rng: Random, names: Names) -> Story:
    """A bank, and a wallet that knows it, of one maker."""
    owner, bank, wallet = names.many(3)

    def acts(chain: ChainBuilder) -> Iterator[None]:
        open_account(chain, owner, ETHER)
        chain.creates(owner, bank).code(bank, EVENT + asks("deposit()"))
        yield
        into = calls("deposit()") + calls("withdraw(uint256)")
        chain.creates(owner, wallet).code(wallet, wired(owner) + wired(bank) + into + SWEEP)

    return honest(name, acts, [owner, bank, wallet])


def _saver(name: str, rng: Random, names: Names) -> Story:
    """A wallet that puts a part of what a bank pays it straight back."""

    def code(owner: bytes, bank: bytes) -> bytes:
        return when_paid("deposit()") + wired(owner) + wired(bank) + calls("withdraw(uint256)") + SWEEP

    return _deployed(name, rng, names, code, many=False)


def _borrower(name: str, rng: Random, names: Names) -> Story:
    """It borrows from a lender whom many use."""

    def code(owner: bytes, lender: bytes) -> bytes:
        return asks(LOAN) + wired(owner) + wired(lender) + TRANSFERS

    return _deployed(name, rng, names, code)


def _batch_sender(name: str, rng: Random, names: Names) -> Story:
    """It pays many at once, for its maker; it knows nobody else."""
    return _deployed(name, rng, names, lambda owner, _: wired(owner) + TRANSFERS + SWEEP)


def _upgrade(name: str, rng: Random, names: Names) -> Story:
    """The next code of a treasury, whose owner is kept where the proxy keeps him."""
    return _deployed(name, rng, names, lambda _owner, _bank: asks("proxiableUUID()") + EVENT + TRANSFERS)


def _clone(name: str, rng: Random, names: Names) -> Story:
    """Forty-five bytes that pass everything on to what many use."""

    def code(_owner: bytes, shared: bytes) -> bytes:
        return (
            bytes.fromhex("363d3d373d3d3d363d73") + shared + bytes.fromhex("5af43d82803e903d91602b57fd5bf3")
        )

    return _deployed(name, rng, names, code)
