"""The exchange of the local world: one hot wallet, one deposit address for each customer."""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random

from ingest.localchain.chain.wallet import Address


@dataclass(slots=True)
class Exchange:
    """`deposits` maps a customer to the deposit address that is theirs alone."""

    hot: Address
    gas_station: Address
    deposits: dict[Address, Address] = field(default_factory=dict)

    def deposit_address(self, rng: Random, customer: Address) -> Address:
        """The customer's own, made at their first deposit."""
        if customer not in self.deposits:
            self.deposits[customer] = "0x" + rng.randbytes(20).hex()
        return self.deposits[customer]
