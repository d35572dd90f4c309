"""The fields that a rule may name, by what its lines are. `FIELDS.md` beside is made out of them."""

from __future__ import annotations

from collections.abc import Mapping

from detectors.rules.columns import Table
from detectors.rules.of_transactions import TRANSACTION
from detectors.rules.of_transfers import TRANSFER
from detectors.rules.of_wallets import WALLET

TABLES: Mapping[str, Table] = {each.name: each for each in (TRANSFER, TRANSACTION, WALLET)}
