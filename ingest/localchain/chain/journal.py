"""What a reorganisation must take back by hand.

On a fork, anvil's reorg restores accounts and token balances it held before the dropped blocks, and forgets
those that were first used inside them: their nonce, code and holdings stay. Payments sent again would be
refused, or arrive twice. So the journal remembers what was used for the first time, and how to take it back.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from ingest.localchain.chain.wallet import Address, Request, created_address, selector

Holding = tuple[Address | None, Address]
"""A token (None for native value) and who received it."""

Sent = Mapping[str, str]
"""The fields of a transaction, as they were given to the node."""

_RECEIVER_WORD = {
    selector("transfer(address,uint256)"): 0,
    selector("mint(address,uint256)"): 0,
    selector("transferFrom(address,address,uint256)"): 1,
}
"""Which argument of a token's function is the receiver."""


@dataclass(slots=True)
class Journal:
    """Remembers who has ever received what: about 200 bytes a holding, as long as the run lasts."""

    _known: set[Holding] = field(default_factory=set)

    def give(self, addresses: Iterable[Address]) -> None:
        """Their native value was set, not sent: it is set again, not taken back."""
        self._known |= {(None, address) for address in addresses}

    def firsts(self, block: Iterable[Sent]) -> tuple[Holding, ...]:
        """What is received in this block for the first time ever; known from now on."""
        received = dict.fromkeys(holding for sent in block if (holding := _received(sent)))
        firsts = tuple(holding for holding in received if holding not in self._known)
        self._known |= set(firsts)
        return firsts


def take_back(block: Iterable[Sent], firsts: Iterable[Holding]) -> list[Request]:
    """Requests that undo what the node forgets to undo when it drops `block`."""
    first_nonces: dict[Address, str] = {}
    requests: list[Request] = []
    for sent in block:
        first_nonces.setdefault(sent["from"], sent["nonce"])
        if "to" not in sent:
            created = created_address(sent["from"], int(sent["nonce"], 16))
            requests += [("anvil_setCode", [created, "0x"]), ("anvil_setNonce", [created, "0x0"])]
    requests += [("anvil_setNonce", [sender, nonce]) for sender, nonce in first_nonces.items()]
    return requests + [_emptied(token, holder) for token, holder in firsts]


def _received(sent: Sent) -> Holding | None:
    if "to" not in sent:
        return None
    if sent["data"] == "0x":
        return None, sent["to"]
    word = _RECEIVER_WORD.get(sent["data"][:10])
    if word is None:
        return None
    end = 10 + 64 * (word + 1)
    return sent["to"], "0x" + sent["data"][end - 40 : end]


def _emptied(token: Address | None, holder: Address) -> Request:
    if token is None:
        return "anvil_setBalance", [holder, "0x0"]
    return "anvil_dealERC20", [holder, token, "0x0"]
