"""`loans` against the plain way of finding them, and what only looks like a loan."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest

from detectors.parts.contract import Seen
from detectors.parts.loans import BY_EVENT, BY_SWAP, BY_TRANSFERS
from ingest.decode.shapes import signature
from ingest.model.batch import Batch
from tests.detectors.seen.looking import pieces, whole
from tests.detectors.seen.views import begun, seen
from tests.fixtures.frames import ChainBuilder, address, word
from tests.fixtures.market import (
    CAT,
    ETHER,
    FLASH_LOAN,
    ROUTER,
    SWAP_V2,
    SYNC,
    USD,
    WETH,
    Market,
    Pool,
    lived,
)

ALICE, BOB, CAROL, MALLORY, VAULT, PAIR = (
    address(name) for name in ("alice", "bob", "carol", "mallory", "a vault", "pair")
)
FLASH_V3 = signature("Flash(address,address,uint256,uint256,uint256,uint256)")
Loan = tuple[bytes, bytes, bytes, int, int]
"""Lender, borrower, asset, lent, how."""


def said(view: Seen) -> list[Loan]:
    table = whole(view.of("loans").get("loans", {}))
    return [
        (
            view.address(lender),
            view.address(borrower),
            view.address(asset) if asset else WETH,
            round(lent),
            how,
        )
        for lender, borrower, asset, lent, how in zip(
            *(table.get(name, []) for name in ("lender", "borrower", "asset", "lent", "how")), strict=True
        )
    ]


def loans(chain: ChainBuilder) -> list[Loan]:
    return said(seen(chain.batch(), None, "loans"))


def lends(chain: ChainBuilder, amount: int = 100 * ETHER, back: int | None = None) -> None:
    """Inside of a transaction: the vault lends to Bob's contract, which trades with Carol."""
    chain.erc20(USD, VAULT, BOB, amount).erc20(USD, BOB, CAROL, amount).erc20(CAT, CAROL, BOB, 5)
    chain.erc20(USD, CAROL, BOB, amount + ETHER)
    chain.erc20(USD, BOB, VAULT, amount if back is None else back)


def plain(batch: Batch) -> list[tuple[bytes, bytes, bytes]]:
    """Lender, borrower and asset of the loans that no pool made, by lists over the frames."""
    found = list[tuple[bytes, bytes, bytes]]()
    for sent in batch.transactions.iter_rows(named=True):
        mine = pl.col("transaction_hash") == sent["transaction_hash"]
        moves = [
            (
                row["log_index"],
                row["from_address"],
                row["to_address"],
                row["token"],
                int.from_bytes(row["amount"], "big"),
            )
            for row in batch.transfers.filter(mine & (pl.col("standard") == "erc20")).iter_rows(named=True)
            if row["from_address"] != row["to_address"]
        ]
        told = any(log["topic0"] == FLASH_LOAN for log in batch.logs.filter(mine).iter_rows(named=True))
        swapped = {
            log["address"]
            for log in batch.logs.filter(mine).iter_rows(named=True)
            if log["topic0"] == SWAP_V2
        }
        if len(moves) < 2:
            continue
        keys = dict.fromkeys((who, move[3]) for move in moves for who in move[1:3])
        firsts = list[tuple[int, tuple[bytes, bytes, bytes]]]()
        for holder, token in keys:
            own = [move for move in moves if move[3] == token and holder in move[1:3]]
            if own[0][1] != holder or (holder == bytes(20) and token == WETH):
                continue
            borrower, running, low = own[0][2], 0, 0
            for _, source, _, _, amount in own:
                running += -amount if source == holder else amount
                low = min(low, running)
            came = [(at, source) for at, source, *_ in own if source != holder]
            came = [(at, source) for at, source in came if source == borrower] or came
            if not came or not 0 <= running <= 0.0105 * -low:
                continue
            back, payer = came[-1]
            between = [m for m in moves if own[0][0] < m[0] < back and holder not in m[1:3]]
            handed = [m for m in between if m[1:4] == (borrower, payer, token)]
            busy = any({borrower, payer} & {*m[1:3]} and m[1:3] != (borrower, payer) for m in between)
            if payer != borrower and sum(m[4] for m in handed) < -0.9 * low:
                busy = False
            barred = holder in (sent["from_address"], sent["to_address"], token) or holder in swapped
            if told or (busy and not barred):
                firsts.append((own[0][0], (holder, borrower, token)))
        found += [each for _, each in sorted(firsts)]
    return found


@pytest.mark.parametrize("seed", range(3))
def test_it_says_what_the_plain_way_says(seed: int) -> None:
    batch, state = lived(seed, 80).batch(), begun("loans")
    expected, found = list[Any](), list[Any]()
    for piece in pieces(batch, *range(19, 80, 20)):
        found += [loan[:3] for loan in said(seen(piece, state, "loans")) if loan[4] != BY_SWAP]
        expected += plain(piece)
    assert found == expected
    assert len(found) > 8


def test_what_a_vault_lends_without_a_word_is_a_loan() -> None:
    chain = ChainBuilder().block()
    with chain.transaction(ALICE, BOB):
        lends(chain)
    assert loans(chain) == [(VAULT, BOB, USD, 100 * ETHER, BY_TRANSFERS)]


def test_what_an_event_tells_of_is_a_loan_though_nothing_was_done_with_it() -> None:
    chain = ChainBuilder().block()
    with chain.transaction(ALICE, VAULT):
        chain.log(VAULT, (FLASH_LOAN, word(BOB), word(USD)), word(ETHER) + word(0))
        chain.erc20(USD, VAULT, BOB, ETHER).erc20(USD, BOB, VAULT, ETHER)
    assert loans(chain) == [(VAULT, BOB, USD, ETHER, BY_EVENT)]


def test_a_flash_of_a_pool_of_the_third_version_is_a_loan() -> None:
    chain = ChainBuilder().block()
    with chain.transaction(ALICE, BOB):
        chain.erc20(USD, PAIR, BOB, ETHER).erc20(USD, BOB, PAIR, ETHER + 10**15)
        chain.log(PAIR, (FLASH_V3, word(BOB), word(BOB)), word(ETHER) + word(0) + word(10**15) + word(0))
    assert loans(chain) == [(PAIR, BOB, USD, ETHER, BY_EVENT)]


def test_a_token_that_is_minted_for_the_while_is_lent_by_nobody() -> None:
    chain = ChainBuilder().block()
    with chain.transaction(ALICE, BOB):
        chain.erc20(USD, bytes(20), BOB, ETHER).erc20(CAT, BOB, CAROL, 5).erc20(USD, BOB, bytes(20), ETHER)
    assert [loan[:2] for loan in loans(chain)] == [(bytes(20), BOB)]


def test_a_pool_that_pays_before_it_is_paid_lends() -> None:
    chain = ChainBuilder().block()
    with chain.transaction(ALICE, BOB):
        chain.erc20(WETH, PAIR, BOB, 10**17).erc20(CAT, BOB, CAROL, 5).erc20(USD, BOB, PAIR, 10**18)
        chain.log(PAIR, (SYNC,), word(10**20) + word(10**19))
        chain.log(PAIR, (SWAP_V2, word(BOB), word(BOB)), b"".join(map(word, (10**18, 0, 0, 10**17))))
    assert loans(chain) == [(PAIR, BOB, WETH, 10**17, BY_SWAP)]


def test_an_ordinary_swap_is_no_loan_and_neither_is_what_a_router_passes_on() -> None:
    market = Market(ChainBuilder().block())
    pool = market.opens(Pool(PAIR, (USD, WETH), [100 * ETHER, 50 * ETHER]), introduced=False)
    for version in (2, 3):
        pool.version = version
        market.trades(ALICE, pool, 0, ETHER)
    with market.chain.transaction(ALICE, ROUTER):
        market.chain.erc20(USD, ALICE, ROUTER, 7).erc20(USD, ROUTER, CAROL, 7)
    assert loans(market.chain) == []


@pytest.mark.parametrize(
    ("signer", "called", "why"),
    [(VAULT, BOB, "who signs lends nothing"), (ALICE, VAULT, "who is called may keep accounts")],
)
def test_who_acts_himself_is_no_lender_without_an_event(signer: bytes, called: bytes, why: str) -> None:
    chain = ChainBuilder().block()
    with chain.transaction(signer, called):
        lends(chain)
    assert loans(chain) == [], why


def test_who_gets_more_back_than_a_fee_has_traded() -> None:
    chain = ChainBuilder().block()
    with chain.transaction(ALICE, BOB):
        lends(chain, back=102 * ETHER)
    assert loans(chain) == []


def test_who_gets_it_back_from_somebody_else_did_not_lend() -> None:
    chain = ChainBuilder().block()
    with chain.transaction(ALICE, BOB):
        chain.erc20(USD, VAULT, BOB, 9).erc20(CAT, BOB, CAROL, 5).erc20(USD, CAROL, VAULT, 9)
    assert loans(chain) == []


def test_who_was_handed_what_was_lent_may_pay_it_back() -> None:
    for handed, found in ((ETHER, [(VAULT, BOB, USD, ETHER, BY_TRANSFERS)]), (ETHER // 2, [])):
        chain = ChainBuilder().block()
        with chain.transaction(ALICE, BOB):
            chain.erc20(USD, VAULT, BOB, ETHER).erc20(USD, BOB, CAROL, handed)
            chain.erc20(CAT, MALLORY, CAROL, 5).erc20(USD, CAROL, VAULT, ETHER)
        assert loans(chain) == found


def test_of_what_an_event_tells_anybody_may_pay_it_back() -> None:
    chain = ChainBuilder().block()
    with chain.transaction(ALICE, BOB):
        chain.log(VAULT, (FLASH_LOAN, word(BOB), word(USD)), word(ETHER) + word(0))
        chain.erc20(USD, VAULT, BOB, ETHER).erc20(USD, CAROL, VAULT, ETHER)
    assert loans(chain) == [(VAULT, BOB, USD, ETHER, BY_EVENT)]


def test_what_comes_back_at_once_was_not_lent() -> None:
    chain = ChainBuilder().block()
    with chain.transaction(ALICE, MALLORY):
        chain.erc20(USD, VAULT, BOB, 9).erc20(USD, BOB, VAULT, 9)
    assert loans(chain) == []


def test_an_event_of_a_stranger_makes_nobody_a_lender() -> None:
    chain = ChainBuilder().block()
    with chain.transaction(ALICE, ROUTER):
        chain.log(MALLORY, (FLASH_LOAN, word(MALLORY), word(USD)), word(9) + word(0))
        chain.erc20(USD, VAULT, BOB, 9).erc20(USD, BOB, VAULT, 9)
    assert loans(chain) == []
