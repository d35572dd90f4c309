"""`acts`: what contracts were made with and told, byte for byte, for as long and as much as is said; and what
follows when it is tried.
"""

from __future__ import annotations

import pytest

from detectors.parts.acts import MOST_ACTS, MOST_CALL, MOST_CODE, Settings, acts_of
from detectors.parts.contract import Seen
from detectors.parts.staging import staged
from detectors.parts.token_trials import surplus_by, tried_to_sell
from tests.detectors.seen.views import seen
from tests.fixtures.assembly import (
    SILENT_MINT,
    SOLD_BY_OTHERS,
    SUPPLY,
    WHILE_CLOSED,
    Item,
    asked,
    assembled,
    deploying,
    token,
)
from tests.fixtures.frames import ChainBuilder, address

ALICE, BOB, MALLORY, COIN, POOL = (address(name) for name in ("alice", "bob", "mallory", "coin", "pool"))
READS = ("acts", "contracts")
EVER = 2**62


def made(code: bytes) -> ChainBuilder:
    return ChainBuilder().block().creates(MALLORY, COIN, data=code)


def view(chain: ChainBuilder) -> Seen:
    found: Seen = seen(chain.batch(), None, *READS)
    return found


def number(look: Seen, who: bytes) -> int:
    return look.number_of(who, int(look.blocks["number"][-1]))


def acts(chain: ChainBuilder) -> list[bytes]:
    look = view(chain)
    return [act.data for act in acts_of(look, number(look, COIN), chain.head)]


@pytest.mark.parametrize("size", [1, 511, 512, 513, 5_000, MOST_CODE])
def test_what_a_contract_was_made_with_is_kept_byte_for_byte(size: int) -> None:
    code = bytes(n * 7 % 251 + 1 for n in range(size))
    assert acts(made(code)) == [code]


def test_code_beyond_the_cap_is_not_kept() -> None:
    assert acts(made(b"\x01" * (MOST_CODE + 1))) == []


def test_calls_that_were_done_follow_in_their_order_and_those_that_failed_do_not() -> None:
    chain = made(b"\x01")
    chain.calls(BOB, COIN, b"first").block().calls(ALICE, COIN, b"failed", status=0)
    chain.calls(MALLORY, COIN, b"second")
    assert acts(chain) == [b"\x01", b"first", b"second"]


def test_what_holders_do_with_a_token_is_kept_of_its_maker_alone() -> None:
    chain, approval = made(b"\x01"), asked("approve(address,uint256)", 1, 2)
    chain.calls(BOB, COIN, approval).calls(MALLORY, COIN, approval)
    assert acts(chain) == [b"\x01", approval]


def test_a_contract_that_was_told_more_than_so_many_things_is_everybodys() -> None:
    chain = made(b"\x01")
    for n in range(MOST_ACTS - 1):
        chain.calls(BOB, COIN, b"call" + bytes([n]))
    assert len(acts(chain)) == MOST_ACTS
    assert acts(chain.calls(BOB, COIN, b"one more")) == []
    assert acts(chain.calls(BOB, COIN, b"and another")) == []


def test_so_is_one_that_was_told_more_at_once_than_is_kept() -> None:
    assert acts(made(b"\x01").calls(BOB, COIN, bytes(MOST_CALL))) == [b"\x01", bytes(MOST_CALL)]
    assert acts(made(b"\x01").calls(BOB, COIN, bytes(MOST_CALL + 1))) == []


def test_after_the_horizon_nothing_is_known_of_a_contract() -> None:
    chain = made(b"\x01").calls(BOB, COIN, b"call")
    chain.block(Settings().horizon_s)
    assert len(acts(chain)) == 2
    assert acts(chain.block()) == []


def test_a_contract_is_set_up_as_its_creation_made_it_and_told_what_it_was_told() -> None:
    chain = made(token())
    chain.calls(MALLORY, COIN, asked("transfer(address,uint256)", ALICE, 9))
    look = view(chain)
    stage = staged(look, number(look, COIN), chain.head)
    assert stage is not None
    assert stage.balance(int.from_bytes(ALICE, "big")) == 0
    stage.replay(EVER)
    assert stage.balance(int.from_bytes(ALICE, "big")) == 9


def trial(chain: ChainBuilder) -> tuple[float, bool] | None:
    look = view(chain)
    found = tried_to_sell(look, number(look, COIN), number(look, POOL), chain.head, EVER)
    return None if found is None else (found.through, found.maker_sells)


def opened(code: bytes) -> ChainBuilder:
    chain = made(code).native(ALICE, POOL, 1)
    return chain.calls(MALLORY, COIN, asked("openTrading(address)", POOL))


def test_strangers_sell_what_they_bought_of_an_honest_token() -> None:
    assert trial(opened(token())) == (1.0, False)


def test_of_a_trap_they_sell_nothing_and_its_maker_does() -> None:
    assert trial(opened(token(SOLD_BY_OTHERS))) == (0.0, True)


def test_where_strangers_cannot_buy_either_nothing_is_said() -> None:
    chain = opened(token(WHILE_CLOSED)).calls(MALLORY, COIN, asked("pause(uint256)", 1))
    assert trial(chain) is None


@pytest.mark.parametrize(
    "code",
    [
        b"\xfe",
        b"\x00",
        deploying(assembled(":again", "@again", "JUMP")),
        assembled(":again", "@again", "JUMP"),
        bytes(range(256)),
    ],
    ids=["fails", "empty", "no end", "never made", "noise"],
)
def test_of_code_that_is_no_token_nothing_is_said(code: bytes) -> None:
    assert trial(opened(code)) is None


def test_a_token_that_asks_a_stranger_has_no_verdict() -> None:
    """Who answers for what a strange contract says would have to guess."""
    oracle = int.from_bytes(address("oracle"), "big")
    asks: list[Item] = [0, 0, 4, 0, oracle, "GAS", "STATICCALL", "POP"]
    chain = ChainBuilder().block().creates(BOB, address("oracle"))
    chain.creates(MALLORY, COIN, data=token(asks)).native(ALICE, POOL, 1)
    assert trial(chain) is None


def test_a_balance_that_grows_without_a_word_is_a_surplus() -> None:
    chain = made(token(more=SILENT_MINT)).native(ALICE, BOB, 1)
    look = view(chain)
    data = asked("setFee(address,uint256)", BOB, SUPPLY)
    found = surplus_by(look, number(look, COIN), chain.head, data, 0)
    assert found is not None
    assert (found.who, found.units, found.share) == (int.from_bytes(BOB, "big"), SUPPLY, 1.0)


def test_a_transfer_that_arrives_as_it_says_is_none() -> None:
    chain = made(token()).native(ALICE, BOB, 1)
    look = view(chain)
    data = asked("transfer(address,uint256)", BOB, SUPPLY // 2)
    assert surplus_by(look, number(look, COIN), chain.head, data, 0) is None
