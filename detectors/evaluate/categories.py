"""The fixed names of what is detected, and which of them have a detector today."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from detectors.base import Detector

CATEGORIES = (
    "address-poisoning", "anomalous-flow", "anomalous-wallet", "approval-phishing", "asset-drain",
    "bridge-mismatch", "cycle-laundering", "flash-loan-attack", "governance-attack", "hidden-mint",
    "honeypot", "layering", "mixer-flow", "node-divergence", "pig-butchering", "ponzi",
    "price-manipulation", "pump-and-dump", "reentrancy", "rug-pull", "sanctioned-exposure", "sandwich",
    "spam-token", "suspicious-contract", "sybil-cluster", "token-impersonation", "vault-inflation",
    "wallet-drain", "wash-trading",
)  # fmt: skip

ANOMALOUS = frozenset({"anomalous-wallet", "anomalous-flow"})
"""Alerts of these name no pattern: whoever attacked, in whatever way, is a right answer."""

OF_SUBJECTS = ANOMALOUS | {"node-divergence"}
"""Alerts of these accuse nobody: they are found by their subject, as those of others are by an attacker."""

ANY = "any"
"""The category of alerts that name none (the naive baselines): it equals every category."""


def built(detectors: Iterable[Detector]) -> frozenset[str]:
    """The categories that `detectors` promise to catch."""
    return frozenset(category for detector in detectors for category in detector.catches)
