"""What can be called of a contract, by its interface or, without one, by what its code answers to."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from detectors.parts import bytecode
from ingest.localchain.chain.wallet import Address, selector, types_of

KNOWN = """
approve(address,uint256) transfer(address,uint256) transferFrom(address,address,uint256) name() symbol()
decimals() totalSupply() balanceOf(address) allowance(address,address) owner() getOwner() admin() paused()
renounceOwnership() transferOwnership(address) mint(address,uint256) mint(uint256) mint(address) burn(uint256)
burnFrom(address,uint256) burn(address,uint256) pause() unpause() increaseAllowance(address,uint256)
decreaseAllowance(address,uint256) deposit() deposit(uint256) deposit(uint256,address) withdraw()
withdraw(uint256) withdraw(uint256,address,address) redeem(uint256) redeem(uint256,address,address)
withdraw(address,uint256) stake(uint256) unstake(uint256) supply(uint256) borrow(uint256) repay(uint256)
release(uint256) join(uint256) leave(uint256) enter(uint256) exit() claim() claim(uint256) asset() token()
token0() token1() getReserves() pair() money() underlying() lock(address,uint256,uint256) unlock(uint256)
wrap(uint256) unwrap(uint256) move(address,uint256) liquidate(address) sync() skim(address)
openTrading() openTrading(address,address[]) enableTrading() enableTrading(bool) setTrading(bool)
setBots(address[]) addBots(address[]) setBot(address,bool) blacklist(address) blacklist(address,bool)
setBlacklist(address,bool) addToBlacklist(address) removeFromBlacklist(address) freeze(address)
setTax(uint256) setFee(uint256) setFees(uint256,uint256) setTaxes(uint256,uint256) setSellTax(uint256)
setBuyTax(uint256) setSellFee(uint256) setBuyFee(uint256) setTaxFeePercent(uint256)
updateFees(uint256,uint256)
setMaxTransaction(uint256) setMaxTx(uint256) setMaxTxAmount(uint256) setMaxTxPercent(uint256)
setMaxWallet(uint256) setSwapEnabled(bool) setSwapAndLiquifyEnabled(bool) setPair(address) setRouter(address)
excludeFromFee(address) includeInFee(address) excludeFromFees(address,bool) setMarketingWallet(address)
setMarketingFee(address,uint256) updateParameters(address,uint256) setBalance(address,uint256)
rescue(address[],address,uint256) rescueTokens(address,uint256) rescueToken(address,address,uint256)
recoverERC20(address,uint256) withdrawToken(address,uint256) withdrawTokens(address,address,uint256)
sweep(address) sweep(address,address) sweep(address,address,uint256) pay(address,address,uint256)
execute(address,uint256,bytes) execute(address,bytes) emergencyWithdraw() emergencyWithdraw(uint256)
withdrawAll() withdrawETH() withdrawEther() drain() drain(address) collect() close() kill() destroy()
selfDestruct(address) upgradeTo(address) upgradeToAndCall(address,bytes) implementation()
changeAdmin(address) proxiableUUID() initialize() initialize(address) setImplementation(address)
setOwner(address) setAdmin(address) grantRole(bytes32,address) revokeRole(bytes32,address)
renounceRole(bytes32,address) rebase(int256,address[]) rebase(uint256,int256) setMinter(address)
addMinter(address) earn(uint256) setLimit(uint256) setPrice(uint256) setOracle(address) useHook(bool)
depositForAtLeast(uint256,address,uint256) look() save() take(uint256) setSigner(address) invest()
"""
_BY_SELECTOR = {int(selector(each), 16): each for each in KNOWN.split()}
_MOST = 60
_MOST_PLACES, _MOST_NESTED = 1_000, 30
_SIZE = re.compile(r"\[(\d+)\]")


@dataclass(frozen=True, slots=True)
class Function:
    """`types` is None where only its selector is known, or they are too large to be filled: arguments are
    guessed as words.
    """

    selector: str
    signature: str
    types: tuple[str, ...] | None
    payable: bool
    reads: bool

    @property
    def name(self) -> str:
        return self.signature.split("(")[0] or "(the coin is sent)"


RECEIVE = Function("0x", "", (), True, False)


def from_abi(abi: Iterable[Mapping[str, Any]]) -> tuple[Function, ...]:
    """In the order of the interface; also the payment without a call, where it takes one. Raises KeyError,
    TypeError or AttributeError for what is none.
    """
    found = []
    for each in abi:
        if each.get("type") == "receive" or (each.get("type") == "fallback" and _pays(each)):
            found.append(RECEIVE)
        if each.get("type", "function") != "function":
            continue
        types = tuple(kind_of(one) for one in each["inputs"])
        signature = f"{each['name']}({','.join(types)})"
        reads = each.get("stateMutability") in ("view", "pure") or bool(each.get("constant"))
        taken = types if can_be_filled(types) else None
        found.append(Function(selector(signature), signature, taken, _pays(each), reads))
    return tuple(dict.fromkeys(found))


def from_code(code: bytes) -> tuple[Function, ...]:
    """What the code compares a call's selector with, named where it is a name of common use."""
    asked = sorted(bytecode.selectors(bytecode.body(code))[0])[:_MOST]
    return (RECEIVE, *(_by_selector(each) for each in asked))


def _by_selector(number: int) -> Function:
    known = _BY_SELECTOR.get(number)
    if known is None:
        return Function(f"0x{number:08x}", f"0x{number:08x}(…)", None, True, False)
    return Function(f"0x{number:08x}", known, types_of(known), True, False)


def _pays(each: Mapping[str, Any]) -> bool:
    return each.get("stateMutability") == "payable" or bool(each.get("payable"))


def can_be_filled(types: Sequence[str]) -> bool:
    """Whether arguments of these types are small: whoever wrote a contract may ask for a million at once."""
    text = ",".join(types)
    places = math.prod(int(size) for size in _SIZE.findall(text))
    return places <= _MOST_PLACES and text.count("[") + text.count("(") <= _MOST_NESTED


def kind_of(one: Mapping[str, Any]) -> str:
    """The type as it counts in a selector: of a struct, what it is made of."""
    kind: str = one["type"]
    if not kind.startswith("tuple"):
        return kind
    return f"({','.join(kind_of(each) for each in one['components'])}){kind.removeprefix('tuple')}"


def largest(kind: str) -> int:
    """The largest number of an integer type, such as `int128`."""
    return int(2 ** (int(kind.lstrip("uint") or 256) - kind.startswith("int")) - 1)


def lowered(word: int) -> Address:
    """An address out of a word."""
    return f"0x{word % 2**160:040x}"
