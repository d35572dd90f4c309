"""The chain that everybody reads: blocks of transactions that emit as many transfers as they are told to."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from ingest.localchain.chain.wallet import Wallet
from ingest.machine import tools
from ingest.machine.processes import LOOPBACK, Child, free_port, wait_until
from ingest.model.errors import NodeUnreachable
from tests.fixtures.frames import address, keccak, word

_RICH = hex(10**24)
_TRANSFER = keccak(b"Transfer(address,address,uint256)")
_LOOP, _END = 3, 78
TELLER_CODE = bytes.fromhex(
    "600035"  # i = first word of the call: how many transfers
    "5b"  # loop:
    f"80 15 60{_END:02x} 57"  # i == 0: end
    "80 602035 01 600052"  # memory[0] = i + second word of the call, which makes calls differ
    "6020 6000 20"  # its hash gives receiver and amount, so that as many words are new as on a real chain
    "80 60a01c 600052"  # the upper 96 bits: the amount, which is the log's data
    "60601c"  # the upper 160 bits: the receiver, topic 2
    "33"  # the caller: the sender, topic 1
    f"7f{_TRANSFER.hex()}"  # topic 0
    "6020 6000 a3"  # LOG3 of 32 bytes
    "6001 90 03"  # i -= 1
    f"60{_LOOP:02x} 56"  # again
    "5b 00"  # end:
)


class BenchChain:
    """An anvil with one contract, whose blocks are filled on request."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.wallet = Wallet.connect(url)
        self._teller = "0x" + address("teller").hex()
        self._people = ["0x" + address(f"person {n}").hex() for n in range(50)]
        self.wallet.ask("anvil_setCode", self._teller, "0x" + TELLER_CODE.hex())
        self.wallet.ask("anvil_autoImpersonateAccount", True)
        self.wallet.ask_all([("anvil_setBalance", [person, _RICH]) for person in self._people])
        self._nonces = dict.fromkeys(self._people, 0)
        self._sent = 0

    def queue(self, transactions: int, transfers: int) -> None:
        """So many transactions wait for the next block, with so many transfers each."""
        asked = [self._transaction(number, transfers) for number in range(transactions)]
        self.wallet.ask_all([("eth_sendTransaction", [one]) for one in asked])

    def mine(self) -> None:
        self.wallet.ask("evm_mine")

    @property
    def head(self) -> int:
        return int(self.wallet.ask("eth_blockNumber"), 16)

    def _transaction(self, number: int, transfers: int) -> dict[str, str]:
        person = self._people[number % len(self._people)]
        nonce = self._nonces[person]
        self._nonces[person] = nonce + 1
        self._sent += transfers
        data, price = "0x" + (word(transfers) + word(self._sent)).hex(), hex(10**12)
        return {
            "from": person, "to": self._teller, "data": data, "nonce": hex(nonce),
            "gas": hex(40_000 + 3_000 * transfers), "maxFeePerGas": price, "maxPriorityFeePerGas": price,
        }  # fmt: skip


@contextmanager
def bench_chain() -> Iterator[BenchChain]:
    url = f"http://{LOOPBACK}:{(port := free_port())}"
    settings = [
        *("--host", LOOPBACK, "--port", str(port), "--silent", "--no-mining", "--gas-limit", "60000000"),
        *("--prune-history", "512"),  # else the state of each block goes to disk, and stays there
    ]
    with Child.start("anvil", [tools.anvil(), *settings]) as child:
        wait_until(lambda: _answers(url), 30, "anvil", child)
        yield BenchChain(url)


def _answers(url: str) -> bool:
    try:
        Wallet.connect(url)
    except NodeUnreachable:
        return False
    return True
