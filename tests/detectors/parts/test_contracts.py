"""`contracts` and `motions`: who made what, who controls it, and what councils were asked."""

from __future__ import annotations

from detectors.parts.contract import Kind, Seen
from ingest.decode.shapes import signature
from tests.detectors.seen.looking import whole
from tests.detectors.seen.views import seen
from tests.fixtures.councils import Council
from tests.fixtures.frames import ChainBuilder, address, word
from tests.fixtures.market import Market

ALICE, BOB, SAFE, CODE, TOKEN = (address(name) for name in ("alice", "bob", "safe", "code", "token"))
UPGRADED = signature("Upgraded(address)")
OWNER = signature("OwnershipTransferred(address,address)")


def number_of(view: Seen, who: bytes) -> int:
    """Of somebody who moves or speaks in the piece."""
    rows = view.rows
    for name in ("source", "target", "third", "emitter"):
        for number in rows[name].tolist():
            if number > 0 and view.address(number) == who:
                return int(number)
    raise LookupError(who.hex())


def test_it_is_known_who_made_a_contract_also_by_a_call_inside() -> None:
    market = Market(ChainBuilder().block())
    market.traced.add(market.chain.head)
    market._calls([(SAFE, CODE, 0, "create")])
    market.chain.creates(ALICE, SAFE)
    view = seen(market.batch(), None, "contracts")
    born = view.of("contracts")["born"]
    made = {
        view.address(c): (view.address(s), view.address(b))
        for c, s, b in zip(born["contract"], born["signer"], born["by"], strict=True)
    }
    assert made == {SAFE: (ALICE, ALICE), CODE: (ALICE, SAFE)}
    history = view.history("contracts.made").rows(number_of(view, CODE), 1)
    assert [view.address(int(who)) for who in history["signer"]] == [ALICE]


def test_what_a_contract_tells_of_its_control_is_kept_with_who_signed() -> None:
    chain = ChainBuilder().block().log(SAFE, (OWNER, word(ALICE), word(BOB)), by=ALICE)
    chain.block().log(SAFE, (UPGRADED, word(CODE)), by=BOB)
    view = seen(chain.batch(), None, "contracts")
    told = view.history("contracts.told").rows(number_of(view, SAFE), 2)
    assert [Kind(kind) for kind in told["kind"].tolist()] == [Kind.IMPLEMENTATION, Kind.OWNER]
    assert [view.address(int(who)) for who in told["signer"]] == [BOB, ALICE]


def test_all_that_is_said_of_a_motion_is_found_by_its_number() -> None:
    chain = ChainBuilder().block()
    council = Council(chain, TOKEN, SAFE, CODE)
    number = council.proposes(ALICE, "pay bob", [TOKEN, TOKEN])
    council.votes(ALICE, number, 9)
    council.votes(BOB, number, 4, side=0)
    council.executes(BOB, number, [(TOKEN, BOB, 1)])
    view = seen(chain.batch(), None, "motions")
    item = int(view.of("motions")["told"]["item"][0])
    said = whole(view.history("motions.said").rows(item, 1))
    assert [Kind(kind).name for kind in said["kind"]] == [
        "PROPOSAL_EXECUTED", "VOTE", "VOTE", "PROPOSAL_CREATED", "PROPOSAL_CREATED",
    ]  # fmt: skip
    assert [(view.address(said["who"][at]), said["side"][at], said["amount"][at]) for at in (1, 2)] == [
        (BOB, 0, 4),
        (ALICE, 1, 9),
    ]
