"""What events say, on logs made by hand: who allowed, traded, lent, voted, and how much of it."""

from __future__ import annotations

import polars as pl
import pytest

from ingest import decode, schema
from ingest.decode.shapes import signature
from ingest.model.batch import Batch
from tests.fixtures.frames import ChainBuilder, address, word

ALICE, BOB, CAROL, MALLORY = (address(name) for name in ("alice", "bob", "carol", "mallory"))
USDC, WETH, ART, POOL, MARKET = (address(name) for name in ("usdc", "weth", "art", "pool", "market"))
PERMIT2, VAULT, GOVERNOR, PROXY = (address(name) for name in ("permit2", "vault", "governor", "proxy"))
MOST = 2**256 - 1


def minus(number: int) -> bytes:
    """The word of a negative number, in two's complement."""
    return word(2**256 - number)


def one_log(emitter: bytes, declared: str, topics: tuple[bytes, ...], data: bytes = b"") -> Batch:
    return ChainBuilder().block().log(emitter, (signature(declared), *topics), data).batch()


def test_alice_lets_bob_spend_and_takes_it_back() -> None:
    approval = signature("Approval(address,address,uint256)")
    chain = ChainBuilder().block()
    for amount in (MOST, 0):
        chain.log(USDC, (approval, word(ALICE), word(BOB)), word(amount))

    said = chain.batch().approvals.select("standard", "token", "owner", "spender", "approved", "amount")
    assert said.rows() == [
        ("erc20", USDC, ALICE, BOB, True, word(MOST)),
        ("erc20", USDC, ALICE, BOB, False, word(0)),
    ]


def test_an_approval_of_one_picture_is_no_amount_and_the_zero_address_ends_it() -> None:
    approval = signature("Approval(address,address,uint256)")
    chain = ChainBuilder().block()
    for spender in (BOB, schema.ZERO_ADDRESS):
        chain.log(ART, (approval, word(ALICE), word(spender), word(7)))

    said = chain.batch().approvals
    assert said["standard"].to_list() == ["erc721", "erc721"]
    assert said.select("approved", "token_id", "amount", "amount_float").rows() == [
        (True, word(7), None, None),
        (False, word(7), None, None),
    ]


@pytest.mark.parametrize("approved", [True, False])
def test_an_approval_for_all_is_a_yes_or_a_no(approved: bool) -> None:
    said = one_log(
        ART, "ApprovalForAll(address,address,bool)", (word(ALICE), word(BOB)), word(int(approved))
    ).approvals

    assert said.select("standard", "approved", "amount").rows() == [("for_all", approved, None)]


def test_permit2_names_the_token_and_is_itself_the_address() -> None:
    told = (word(ALICE), word(USDC), word(BOB))
    most = 2**160 - 1
    chain = ChainBuilder().block()
    approve = signature("Approval(address,address,address,uint160,uint48)")
    permit = signature("Permit(address,address,address,uint160,uint48,uint48)")
    chain.log(PERMIT2, (approve, *told), word(5) + word(1_700_000_600))
    chain.log(PERMIT2, (permit, *told), word(most) + word(1_700_000_900) + word(3))
    chain.log(PERMIT2, (signature("Lockdown(address,address,address)"), word(ALICE)), word(USDC) + word(BOB))

    said = chain.batch().approvals
    assert said.select("action", "approved", "amount", "expiration").rows() == [
        ("approve", True, word(5), 1_700_000_600),
        ("permit", True, word(most), 1_700_000_900),
        ("lockdown", False, word(0), None),
    ]
    assert said.select("address", "token", "owner", "spender").unique().rows() == [
        (PERMIT2, USDC, ALICE, BOB)
    ]


def test_a_v2_swap_says_what_came_in_and_went_out() -> None:
    data = word(10) + word(0) + word(0) + word(MOST)
    (swap,) = one_log(
        POOL, "Swap(address,uint256,uint256,uint256,uint256,address)", (word(ALICE), word(BOB)), data
    ).swaps.rows(named=True)

    assert (swap["protocol"], swap["pool"], swap["sender"], swap["recipient"]) == (
        "uniswap_v2", POOL, ALICE, BOB,
    )  # fmt: skip
    amounts = ("amount0_in", "amount1_in", "amount0_out", "amount1_out")
    assert [swap[name] for name in amounts] == [word(10), word(0), word(0), word(MOST)]
    assert [swap[f"{name}_float"] for name in amounts] == [10.0, 0.0, 0.0, 2.0**256]
    assert swap["tick"] is None


@pytest.mark.parametrize(
    ("amount0", "amount1", "in0", "in1", "out0", "out1"),
    [
        (word(10), minus(3), 10, 0, 0, 3),
        (minus(2**64), word(1), 0, 1, 2**64, 0),
        (minus(2**255), word(2**255 - 1), 0, 2**255 - 1, 2**255, 0),
        (word(0), word(0), 0, 0, 0, 0),
    ],
)
def test_a_v3_swap_tells_signs_and_is_exact(
    amount0: bytes, amount1: bytes, in0: int, in1: int, out0: int, out1: int
) -> None:
    data = amount0 + amount1 + word(2**96) + word(77) + minus(887_272)
    (swap,) = one_log(
        POOL, "Swap(address,address,int256,int256,uint160,uint128,int24)", (word(ALICE), word(BOB)), data
    ).swaps.rows(named=True)

    assert [swap[name] for name in ("amount0_in", "amount1_in", "amount0_out", "amount1_out")] == [
        word(in0), word(in1), word(out0), word(out1),
    ]  # fmt: skip
    assert (swap["sqrt_price_x96"], swap["liquidity"], swap["tick"]) == (word(2**96), word(77), -887_272)


def test_factories_tell_which_tokens_a_pool_trades() -> None:
    chain = ChainBuilder().block()
    v2, v3 = (
        signature("PairCreated(address,address,address,uint256)"),
        signature("PoolCreated(address,address,uint24,int24,address)"),
    )
    chain.log(MARKET, (v2, word(USDC), word(WETH)), word(POOL) + word(12))
    chain.log(MARKET, (v3, word(USDC), word(WETH), word(3000)), word(60) + word(POOL))

    made = chain.batch().pools.select(
        "protocol", "factory", "pool", "token0", "token1", "fee", "tick_spacing"
    )
    assert made.rows() == [
        ("uniswap_v2", MARKET, POOL, USDC, WETH, None, None),
        ("uniswap_v3", MARKET, POOL, USDC, WETH, 3000, 60),
    ]


def test_liquidity_comes_and_goes_and_reserves_are_told() -> None:
    chain = ChainBuilder().block()
    chain.log(POOL, (signature("Mint(address,uint256,uint256)"), word(ALICE)), word(4) + word(9))
    burn = signature("Burn(address,uint256,uint256,address)")
    chain.log(POOL, (burn, word(ALICE), word(BOB)), word(3) + word(8))
    ticks = (minus(60), word(60))
    collect = signature("Collect(address,address,int24,int24,uint128,uint128)")
    chain.log(POOL, (collect, word(ALICE), *ticks), word(CAROL) + word(2) + word(7))
    chain.log(POOL, (signature("Sync(uint112,uint112)"),), word(2**112 - 1) + word(1))

    batch = chain.batch()
    told = ("protocol", "action", "sender", "owner", "recipient", "amount0", "amount1", "tick_lower")
    assert batch.liquidity.select(told).rows() == [
        ("uniswap_v2", "mint", ALICE, None, None, word(4), word(9), None),
        ("uniswap_v2", "burn", ALICE, None, BOB, word(3), word(8), None),
        ("uniswap_v3", "collect", None, ALICE, CAROL, word(2), word(7), -60),
    ]
    assert batch.reserves.select("pool", "reserve0", "reserve1").rows() == [(POOL, word(2**112 - 1), word(1))]


def test_a_loan_goes_to_who_asked_and_is_owed_by_who_vouches() -> None:
    topics = (word(USDC), word(BOB), word(0))
    data = word(ALICE) + word(500) + word(2) + word(10**25)
    for rate_mode in ("uint8", "uint256"):  # Aave V3, Aave V2
        batch = one_log(
            MARKET, f"Borrow(address,address,address,uint256,{rate_mode},uint256,uint16)", topics, data
        )
        told = batch.lending.select("action", "pool", "token", "user", "sender", "recipient", "amount")
        assert told.rows() == [("borrow", MARKET, USDC, BOB, None, ALICE, word(500))]


def test_a_liquidation_names_both_sides() -> None:
    data = word(100) + word(5) + word(MALLORY) + word(0)
    declared = "LiquidationCall(address,address,address,uint256,uint256,address,bool)"
    batch = one_log(MARKET, declared, (word(WETH), word(USDC), word(ALICE)), data)

    told = ("collateral_token", "debt_token", "user", "liquidator", "debt_amount", "collateral_amount")
    assert batch.liquidations.select(told).rows() == [(WETH, USDC, ALICE, MALLORY, word(100), word(5))]


def test_lenders_with_one_signature_are_told_apart_by_what_they_index() -> None:
    declared = "FlashLoan(address,address,uint256,uint256)"
    balancer = one_log(VAULT, declared, (word(BOB), word(USDC)), word(9) + word(0))
    maker = one_log(VAULT, declared, (word(BOB),), word(USDC) + word(9) + word(1))

    told = ("protocol", "lender", "token", "recipient", "amount", "fee")
    assert balancer.flash_loans.select(told).rows() == [("balancer", VAULT, USDC, BOB, word(9), word(0))]
    assert maker.flash_loans.select(told).rows() == [("erc3156", VAULT, USDC, BOB, word(9), word(1))]


def test_a_v3_flash_is_a_row_for_each_token_that_was_lent() -> None:
    declared, topics = "Flash(address,address,uint256,uint256,uint256,uint256)", (word(ALICE), word(BOB))
    both = one_log(POOL, declared, topics, word(5) + word(6) + word(1) + word(2)).flash_loans
    one = one_log(POOL, declared, topics, word(0) + word(6) + word(0) + word(2)).flash_loans

    told = ("index_in_log", "token", "initiator", "recipient", "amount", "fee")
    assert both.select(told).rows() == [
        (0, None, ALICE, BOB, word(5), word(1)),
        (1, None, ALICE, BOB, word(6), word(2)),
    ]
    assert one.select(told).rows() == [(1, None, ALICE, BOB, word(6), word(2))]


def test_a_vault_is_not_taken_for_wrapped_ether_nor_for_a_lending_pool() -> None:
    deposit = one_log(
        VAULT, "Deposit(address,address,uint256,uint256)", (word(ALICE), word(BOB)), word(4) + word(3)
    )

    told = ("action", "vault", "sender", "owner", "recipient", "assets", "shares")
    assert deposit.vaults.select(told).rows() == [("deposit", VAULT, ALICE, BOB, None, word(4), word(3))]
    assert deposit.transfers.height == deposit.lending.height == 0


def test_who_controls_a_contract_is_told_before_and_after() -> None:
    minter = b"\x9f" * 32
    chain = ChainBuilder().block()
    for declared, topics, data in (
        ("OwnershipTransferred(address,address)", (word(ALICE), word(MALLORY)), b""),
        ("AdminChanged(address,address)", (), word(ALICE) + word(MALLORY)),
        ("RoleGranted(bytes32,address,address)", (minter, word(MALLORY), word(ALICE)), b""),
        ("RoleRevoked(bytes32,address,address)", (minter, word(BOB), word(ALICE)), b""),
        ("Upgraded(address)", (word(ART),), b""),
        ("BeaconUpgraded(address)", (word(ART),), b""),
    ):
        chain.log(PROXY, (signature(declared), *topics), data)

    assert chain.batch().ownership.select("action", "before", "after", "role", "sender").rows() == [
        ("owner", ALICE, MALLORY, None, None),
        ("admin", ALICE, MALLORY, None, None),
        ("role_granted", None, MALLORY, minter, ALICE),
        ("role_revoked", BOB, None, minter, ALICE),
        ("implementation", None, ART, None, None),
        ("beacon", None, ART, None, None),
    ]


def test_power_over_votes_is_followed_from_hand_to_hand() -> None:
    chain = ChainBuilder().block()
    changed = signature("DelegateChanged(address,address,address)")
    chain.log(USDC, (changed, word(ALICE), word(schema.ZERO_ADDRESS), word(MALLORY)))
    counted = signature("DelegateVotesChanged(address,uint256,uint256)")
    chain.log(USDC, (counted, word(MALLORY)), word(0) + word(40))

    told = ("action", "delegator", "previous_delegate", "delegate", "previous_votes", "votes", "votes_float")
    assert chain.batch().delegations.select(told).rows() == [
        ("delegate", ALICE, schema.ZERO_ADDRESS, MALLORY, None, None, None),
        ("votes", None, None, MALLORY, word(0), word(40), 40.0),
    ]


def test_nothing_is_decoded_before_it_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    real = decode.swaps

    def counted(blocks: pl.DataFrame, logs: pl.DataFrame) -> pl.DataFrame:
        asked.append("swaps")
        return real(blocks, logs)

    monkeypatch.setattr(decode, "swaps", counted)
    batch = ChainBuilder().erc20(USDC, ALICE, BOB, 1).batch()

    assert batch.transfers.height == 1 and asked == []
    assert batch.swaps.height == batch.swaps.height == 0
    assert asked == ["swaps"]


@pytest.mark.parametrize("table", decode.EVENTS)
def test_a_batch_has_every_table_under_its_name_in_its_shape(table: str) -> None:
    frame = getattr(ChainBuilder().block().erc20(USDC, ALICE, BOB, 1).batch(), table)

    assert frame.equals(schema.TABLES[table].empty())
    assert schema.conform(schema.TABLES[table], frame).equals(frame)


def test_cutting_the_blocks_elsewhere_changes_nothing() -> None:
    chain = ChainBuilder()
    sync, approval = signature("Sync(uint112,uint112)"), signature("Approval(address,address,uint256)")
    for number in range(6):
        chain.block().log(POOL, (sync,), word(number) + word(1))
        chain.log(USDC, (approval, word(ALICE), word(BOB)), word(number)).log(
            POOL, (sync,), word(9) + word(1)
        )

    for table in ("reserves", "approvals"):
        pieces = pl.concat([getattr(batch, table) for batch in chain.batches(size=2)])
        assert pieces.equals(getattr(chain.batch(), table))
        assert pieces.height == {"reserves": 12, "approvals": 6}[table]
