"""What ordinary users of the DeFi protocols leave on chain: every kind of act, most of them successful, and
pools that stay near the world's prices."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import pytest
from web3 import Web3

from ingest.localchain.chain.chain import fork
from ingest.localchain.chain.miner import Miner
from ingest.localchain.chain.wallet import Wallet
from ingest.localchain.play.deploying import world
from ingest.localchain.play.simulation import Script, simulate
from ingest.localchain.protocols import multicall3, permit2
from ingest.localchain.protocols.aave_v3 import AaveV3
from ingest.localchain.protocols.spot_lender import SpotLender
from ingest.localchain.protocols.uniswap_v3 import UniswapV3
from ingest.localchain.story_parts import pool_math as curves

pytestmark = pytest.mark.chain

BLOCKS = 250
PER_BLOCK = 20


@pytest.fixture(scope="module")
def chain(origin_rpc: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Wallet]:
    """Two hundred and fifty blocks without any story."""
    labels = tmp_path_factory.mktemp("habits") / "labels.jsonl"
    script = Script(seed=11, blocks=BLOCKS, transactions_per_block=PER_BLOCK, categories=frozenset())
    with fork(origin_rpc) as node:
        simulate(node.url, labels, script)
        yield Wallet.connect(node.url)


def events(chain: Wallet, *addresses: str) -> Counter[str]:
    """How often each event was logged by these since the fork, by topic."""
    first = int(chain.ask("eth_blockNumber"), 16) - BLOCKS + 1
    logs = chain.ask("eth_getLogs", {"fromBlock": hex(first), "toBlock": "latest", "address": [*addresses]})
    return Counter(log["topics"][0] for log in logs)


def topic(signature: str) -> str:
    return Web3.keccak(text=signature).to_0x_hex()


def sent_to(chain: Wallet, address: str) -> list[bool]:
    """Whether each transaction to `address` since the fork succeeded."""
    first = int(chain.ask("eth_blockNumber"), 16) - BLOCKS + 1
    numbers = range(first, first + BLOCKS)
    receipts = chain.ask_all([("eth_getBlockReceipts", [hex(number)]) for number in numbers])
    return [r["status"] == "0x1" for block in receipts for r in block if r["to"] == address]


def test_people_lend_borrow_pay_back_and_leave_on_aave(chain: Wallet) -> None:
    aave = world().of(AaveV3)
    seen = events(chain, aave.pool)

    for signature in (
        "Supply(address,address,address,uint256,uint16)",
        "Borrow(address,address,address,uint256,uint8,uint256,uint16)",
        "Repay(address,address,address,uint256,bool)",
        "Withdraw(address,address,address,uint256)",
    ):
        assert seen[topic(signature)] >= 3, signature
    done = sent_to(chain, aave.pool)
    assert sum(done) >= 0.8 * len(done)
    assert events(chain, aave.oracle)[topic("AssetPriceUpdated(address,uint256,uint256)")] >= 10


def test_people_borrow_from_the_market_that_believes_a_pool(chain: Wallet) -> None:
    lender = world().of(SpotLender).address
    seen = events(chain, lender)

    assert seen[topic("Borrowed(address,uint256)")] >= 5
    assert seen[topic("Repaid(address,address,uint256)")] >= 3
    assert all(sent_to(chain, lender))


def test_liquidity_comes_goes_and_migrates(chain: Wallet) -> None:
    v3 = world().of(UniswapV3)
    seen = events(chain, v3.positions)

    assert seen[topic("IncreaseLiquidity(uint256,uint128,uint256,uint256)")] >= 5
    assert seen[topic("DecreaseLiquidity(uint256,uint128,uint256,uint256)")] >= 2
    assert sum(sent_to(chain, v3.migrator)) >= 1
    done = sent_to(chain, v3.positions)
    assert sum(done) >= 0.9 * len(done)


def test_traders_swap_on_v3_and_few_of_them_fail(chain: Wallet) -> None:
    v3 = world().of(UniswapV3)
    done = sent_to(chain, v3.router)

    assert len(done) >= 60
    assert 0.8 * len(done) <= sum(done) < len(done)


def test_shops_take_through_permit2_and_people_pay_many_at_once(chain: Wallet) -> None:
    seen = events(chain, permit2.ADDRESS)

    assert seen[topic("Approval(address,address,address,uint160,uint48)")] >= 10
    assert (
        len(sent_to(chain, permit2.ADDRESS)) > seen[topic("Approval(address,address,address,uint160,uint48)")]
    )
    assert sum(sent_to(chain, multicall3.ADDRESS)) >= 10


def test_bots_keep_the_pools_near_the_worlds_prices(chain: Wallet) -> None:
    here, miner = world(), Miner.start(chain.url)

    for token in (*here.tokens, here.drift):
        curve = curves.v2_curve(miner, here, here.weth, token.token)
        off = here.wrapped.usd(curve.paid) / token.usd(curve.given)
        assert off == pytest.approx(1, abs=0.04), token.symbol
    for pool in here.of(UniswapV3).pools:
        if here.weth in (pool.token0, pool.token1):
            token = next(t for t in here.tokens if t.token in (pool.token0, pool.token1))
            curve = curves.v3_curve(miner, here, pool, here.weth)
            off = here.wrapped.usd(curve.paid) / token.usd(curve.given)
            assert off == pytest.approx(1, abs=0.04), token.symbol
