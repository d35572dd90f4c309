"""What else is true of a story, read from the chain: for each category that a label may add, how it shows.

A label must say just those that hold. In each file of this folder whose stories say something else, these are
held against what they say.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import pairwise
from typing import Any

from ingest.localchain.chain.actions import Asset
from ingest.localchain.chain.wallet import call_data
from ingest.localchain.play.deploying import world
from ingest.localchain.protocols.flash_lender import FlashLender
from ingest.localchain.protocols.mixer import Mixer
from tests.ingest.localchain.reading import Moved, held, moved_by, named, receipts_of
from tests.ingest.localchain.skeleton import skeleton
from tests.ingest.localchain.truth.payment_rows import LEAST_HOPS, PASSED, is_lent, longest_line, returns
from tests.ingest.localchain.truth.played import Label, Told, priced
from tests.ingest.localchain.truth.tokens import deployed_by, peak_and_end, sent_by, text_of
from tests.ingest.localchain.truth.tracing import deepest

Check = Callable[[Told, Label], bool]

APPROVAL = "0x8c5be1e5ebec7d5bd14f71427d1e84f3dd0314c0f7b2291e5b200ac8c7c3b925"
"""keccak-256 of "Approval(address,address,uint256)", as in EIP-20: owner, spender; amount."""

SYNC = "0x1c411e9a96e071241c2f21f7726b17ae89e3cab4c78be50e062b03a9fffbbad1"
"""keccak-256 of "Sync(uint112,uint112)", as Uniswap V2 pairs log their reserves after every trade."""

MIXED_IN = "0xa945e51eec50ab98c161376f0db4cf2aeba3ec92755fe2fcd388bdbbb80ff196"
MIXED_OUT = "0xe9e508bad6d4c3227e881ca19068f099da81b5164dd6d62b2eaf1e8bc6c34931"
"""Topics of Tornado Cash's events on mainnet."""

_PURCHASE = call_data(
    "swapExactETHForTokensSupportingFeeOnTransferTokens(uint256,address[],address,uint256)",
    0, [], world().weth, 0,
)[:10]  # fmt: skip

LEAST_PUSH = 1.2


def says_what_is_true(told: Told, checks: Mapping[str, Check]) -> None:
    """Every attack of the story says just those categories of `checks` that hold, and no others; and each of
    them is said somewhere.
    """
    _says_just(told, checks)
    said = {name for label in told.labels for name in label["also"]}
    if said < set(checks):
        told.leaves_to_soak(f"not all of {', '.join(checks)} is true of any attack")
    assert said == set(checks)


def says_nothing_else(told: Told, checks: Mapping[str, Check]) -> None:
    """No story says anything else, and what it could be taken for (`checks`) holds of none."""
    _says_just(told, checks)
    assert not any(label["also"] for label in told.labels)


def _says_just(told: Told, checks: Mapping[str, Check]) -> None:
    attacks = [label for label in told.labels if label["kind"] == "attack"]
    for label in attacks:
        true = sorted(name for name, holds in checks.items() if holds(told, label))
        assert label["also"] == true, (label["id"], label["note"])
    for label in told.labels:
        assert label["kind"] == "attack" or label["also"] == []


def deploys_code_that_robs(told: Told, label: Label) -> bool:
    """An attacker deploys a contract, whose code runs later together with the victim's: where the attack
    failed, in the transaction that did.
    """
    own, victims = _own_contracts(told, label), set(named(label, "victim"))
    return any(own & met and (victims & met or failed) for met, failed in _met(told, label))


def deploys_code_that_uses_the_vault(told: Told, label: Label) -> bool:
    """An attacker deploys a contract, whose code runs later together with the vault's: the victims of that
    are people, who deposit there.
    """
    own, vault = _own_contracts(told, label), set(named(label, "infrastructure"))
    return any(own & met and vault & met for met, _ in _met(told, label))


def _own_contracts(told: Told, label: Label) -> set[str]:
    """What was deployed in the story and belongs to an attacker."""
    return set(deployed_by(told, label)) & set(named(label, "attacker"))


def _met(told: Told, label: Label) -> Iterator[tuple[set[str], bool]]:
    """Whose code ran in each transaction of the label, and whether it failed."""
    for transaction in label["transactions"]:
        trace = told.chain.ask("debug_traceTransaction", transaction, {"tracer": "callTracer"})
        called = {
            one["to"] for one in calls_in(trace) if "to" in one and not one["type"].startswith("CREATE")
        }
        yield called, "error" in trace


def calls_in(call: Any) -> Iterator[Any]:
    """A call and all within it."""
    yield call
    for inner in call.get("calls", []):
        yield from calls_in(inner)


def enters_again(told: Told, label: Label) -> bool:
    """The victim is called while it pays: in a trace, so also where it reverts."""
    return any(
        deepest(told.chain, t, victim) > 1 for t in label["transactions"] for victim in named(label, "victim")
    )


def pushes_a_pool(told: Told, label: Label) -> bool:
    """A pool of the story is at a price far from what it was. What reverted leaves no log: there, the pool is
    traded with in a transaction that failed.
    """
    pools = named(label, "infrastructure")
    if label["succeeded"]:
        return any(_farthest(told, label, pool) >= LEAST_PUSH for pool in pools)
    failed = [
        r["transactionHash"] for r in receipts_of(told.chain, label["transactions"]) if r["status"] == "0x0"
    ]
    swap = call_data("swap(uint256,uint256,address,bytes)", 0, 0, world().weth, b"")[:10]
    traces = (told.chain.ask("debug_traceTransaction", t, {"tracer": "callTracer"}) for t in failed)
    return any(
        call.get("to") in pools and call["input"].startswith(swap)
        for trace in traces
        for call in calls_in(trace)
    )


def _farthest(told: Told, label: Label, pool: str) -> float:
    """How many times dearer or cheaper one of the pool's tokens was than before the story."""
    logs = [
        log
        for receipt in receipts_of(told.chain, label["transactions"])
        for log in receipt["logs"]
        if (log["address"], log["topics"][0]) == (pool, SYNC)
    ]
    if not logs:
        return 1.0
    prices = [int(log["data"][2:66], 16) / int(log["data"][66:130], 16) for log in logs]
    question = {"to": pool, "data": call_data("getReserves()")}
    answer = told.chain.ask("eth_call", question, hex(label["first_block"] - 1))
    first = int(answer[2:66], 16) / int(answer[66:130], 16)
    return max(max(price / first, first / price) for price in prices)


def is_borrowed_and_paid_back(told: Told, label: Label) -> bool:
    """In one transaction somebody gives an attacker something and is given all of it back. Where that failed,
    a lender is asked in it.
    """
    attackers, lenders = set(named(label, "attacker")), {world().of(FlashLender).lender}
    if not label["succeeded"]:
        return any(failed and lenders & met for met, failed in _met(told, label))
    return any(is_lent(moved_by(told.chain, [one]), attackers) for one in label["transactions"])


def is_pulled_by_allowance(told: Told, label: Label) -> bool:
    """A victim approves an attacker, who moves the victim's tokens by a transaction of its own; or tries
    to.
    """
    attackers, victims = set(named(label, "attacker")), set(named(label, "victim"))
    receipts = receipts_of(told.chain, label["transactions"])
    granted = [
        log
        for receipt in receipts
        for log in receipt["logs"]
        if log["topics"][0] == APPROVAL
        and _account(log["topics"][1]) in victims
        and _account(log["topics"][2]) in attackers
    ]
    theirs = [r for r in receipts if r["from"] in attackers]
    moved = {m.sender for m in moved_by(told.chain, [r["transactionHash"] for r in theirs])}
    tried = not label["succeeded"] and any(r["status"] == "0x0" for r in theirs)
    return bool(granted) and (bool(moved & victims) or tried)


def _account(topic: str) -> str:
    return "0x" + topic[-40:]


def runs_through_wallets(told: Told, label: Label) -> bool:
    """Three payments in a row or more, in time order, through wallets that are named as go-betweens; and each
    of those passes on more than half of what it is paid.
    """
    source, between = named(label, "attacker")[0], set(named(label, "intermediary"))
    wallets = {*named(label, "attacker"), *between}
    moves = moved_by(told.chain, label["transactions"])
    inside = [move for move in moves if {move.sender, move.receiver} <= wallets]
    line = longest_line(source, between, inside)
    return len(line) > LEAST_HOPS and all(_passes_on(wallet, inside) for wallet in line[1:-1])


def _passes_on(wallet: str, moves: list[Moved]) -> bool:
    paid = sum(_usd(move) for move in moves if move.receiver == wallet)
    return sum(_usd(move) for move in moves if move.sender == wallet) > PASSED * paid


def _usd(move: Moved) -> float:
    worth = {asset.address: asset for asset in priced()}
    return worth[move.token].usd(move.amount) if move.token in worth else 0.0


def goes_through_the_mixer(told: Told, label: Label) -> bool:
    """An attacker's money, of the label's own transactions, goes into the pools and comes out of them."""
    logs = [log for r in receipts_of(told.chain, label["transactions"]) for log in r["logs"]]
    return {MIXED_IN, MIXED_OUT} <= {log["topics"][0] for log in logs}


def was_funded_by_the_mixer(told: Told, label: Label) -> bool:
    """A note was paid out to the story's first attacker, before it did anything."""
    deployer = named(label, "attacker")[0]
    wanted = {
        "address": [pool.address for pool in world().of(Mixer).pools], "topics": [MIXED_OUT],
        "fromBlock": "0x0", "toBlock": hex(label["last_block"]),
    }  # fmt: skip
    paid = [log for log in told.chain.ask("eth_getLogs", wanted) if "0x" + log["data"][26:66] == deployer]
    before = hex(min(int(log["blockNumber"], 16) for log in paid)) if paid else "latest"
    return bool(paid) and int(told.chain.ask("eth_getTransactionCount", deployer, before), 16) == 0


def empties_the_pool(told: Told, label: Label) -> bool:
    """What native value was in the story's pool has left it; where there is no pool, none was emptied."""
    peak, end = peak_and_end(told, label)
    return peak > 0 and 3 * end <= peak


def buys_and_sells_in_turn(told: Told, label: Label) -> bool:
    """Every trading wallet of the group buys, sells, buys and sells again."""
    traders = [sent for sent in sent_by(told, label) if sent.to == world().router and sent.ok]
    group = {sent.sender for sent in traders} & set(named(label, "attacker"))
    sides = {who: [bool(sent.wei) for sent in traders if sent.sender == who] for who in group}
    return bool(group) and all(sum(a and not b for a, b in pairwise(turns)) >= 2 for turns in sides.values())


def is_pumped_by_a_group(told: Told, label: Label) -> bool:
    """Before anybody else buys, wallets of the group drive the price up by a fifth; none of it is left with
    them in the end.
    """
    token, pool = named(label, "infrastructure")[-2:]
    attackers = set(named(label, "attacker"))
    trades = [sent for sent in sent_by(told, label) if sent.selector == _PURCHASE and sent.ok]
    bought = [sent for sent in trades if sent.sender in attackers]
    if not bought:
        return False
    first, last = bought[0].block, bought[-1].block
    before, after = (_wei_a_token(told, token, pool, block) for block in (first - 1, last))
    left = sum(
        held(told.chain, Asset("", token, 0), who, label["last_block"]) for who in {b.sender for b in bought}
    )
    return after >= LEAST_PUSH * before and left == 0


def _wei_a_token(told: Told, token: str, pool: str, block: int) -> float:
    return held(told.chain, world().wrapped, pool, block) / held(told.chain, Asset("", token, 0), pool, block)


def shows_a_listed_name(told: Told, label: Label) -> bool:
    """A token deployed here reads like a listed one, dots and spaces left out, and its log names a victim."""
    listed = {skeleton(asset.symbol) for asset in (*world().tokens, world().wrapped)}
    victims = set(named(label, "victim"))
    receipts = receipts_of(told.chain, label["transactions"])
    for token in deployed_by(told, label):
        logs = [log for r in receipts for log in r["logs"] if log["address"] == token]
        shown = {_account(topic) for log in logs for topic in log["topics"][1:]}
        if shown & victims and skeleton(text_of(told.chain, token, "symbol").strip(" .")) in listed:
            return True
    return False


def reads_like_a_listed_token(told: Told, label: Label) -> bool:
    """A token deployed here has the symbol of a listed one, dots, spaces and dollar signs left out."""
    listed = {skeleton(asset.symbol) for asset in (*world().tokens, world().wrapped)}
    tokens = deployed_by(told, label)[:1]
    return any(skeleton(text_of(told.chain, token, "symbol")).strip(" .$") in listed for token in tokens)


def comes_home(told: Told, label: Label) -> bool:
    """Half of what the first attacker pays out of some asset comes back to it over two of the story's other
    wallets or more, in time order.
    """
    source = named(label, "attacker")[0]
    wallets = {*named(label, "attacker"), *named(label, "intermediary"), *named(label, "victim")}
    moves = moved_by(told.chain, label["transactions"])
    return any(
        returns([m for m in moves if m.token == token], source, wallets - {source})
        for token in {move.token for move in moves}
    )
