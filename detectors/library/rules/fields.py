"""The fields that a rule may name, by what its lines are. `FIELDS.md` beside is made out of them."""

from __future__ import annotations

from collections.abc import Mapping

from detectors.library.rules.columns import Table
from detectors.library.rules.of_transactions import TRANSACTION
from detectors.library.rules.of_transfers import TRANSFER
from detectors.library.rules.of_wallets import WALLET

TABLES: Mapping[str, Table] = {each.name: each for each in (TRANSFER, TRANSACTION, WALLET)}
