"""The chain that everybody reads: blocks of transactions that emit ten transfers each."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from ingest import tools
from ingest.localchain.wallet import Wallet
from ingest.processes import LOOPBACK, Child, free_port, wait_until
from tests.fixtures.frames import address

TRANSFERS_A_TRANSACTION = 10
GAS = 60_000
_RICH = hex(10**24)
_TRANSFER = "ddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef"


def teller_code() -> bytes:
    """Code that emits Transfer(caller, itself, 1) ten times: the topics are pushed, then LOG3 of 32 bytes."""
    once = "3033" + "7f" + _TRANSFER + "60206000a3"
    return bytes.fromhex("6001600052" + once * TRANSFERS_A_TRANSACTION + "00")


class BenchChain:
    """An anvil with one contract, whose blocks are filled on request."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.wallet = Wallet.connect(url)
        self._teller = "0x" + address("teller").hex()
        self._people = ["0x" + address(f"person {n}").hex() for n in range(50)]
        self.wallet.ask("anvil_setCode", self._teller, "0x" + teller_code().hex())
        self.wallet.ask("anvil_autoImpersonateAccount", True)
        self.wallet.ask_all([("anvil_setBalance", [person, _RICH]) for person in self._people])
        self._nonces = dict.fromkeys(self._people, 0)

    def queue(self, transactions: int) -> None:
        """So many transactions wait for the next block."""
        self.wallet.ask_all([("eth_sendTransaction", [self._transaction(n)]) for n in range(transactions)])

    def mine(self) -> None:
        self.wallet.ask("evm_mine")

    @property
    def head(self) -> int:
        return int(self.wallet.ask("eth_blockNumber"), 16)

    def _transaction(self, number: int) -> dict[str, str]:
        person = self._people[number % len(self._people)]
        nonce = self._nonces[person]
        self._nonces[person] = nonce + 1
        price = hex(10**12)
        return {
            "from": person, "to": self._teller, "gas": hex(GAS), "nonce": hex(nonce),
            "maxFeePerGas": price, "maxPriorityFeePerGas": price,
        }  # fmt: skip


@contextmanager
def bench_chain() -> Iterator[BenchChain]:
    url = f"http://{LOOPBACK}:{(port := free_port())}"
    settings = ("--host", LOOPBACK, "--port", str(port), "--silent", "--no-mining", "--gas-limit", "60000000")
    with Child.start("anvil", [tools.anvil(), *settings]) as child:
        wait_until(lambda: _answers(url), 30, "anvil", child)
        yield BenchChain(url)


def _answers(url: str) -> bool:
    from ingest.errors import NodeUnreachable

    try:
        Wallet.connect(url)
    except NodeUnreachable:
        return False
    return True
