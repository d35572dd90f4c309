"""The one door to OpenDP: discrete Laplace noise on counts, drawn exactly, from the system's randomness.

Canonne, Kamath and Steinke, "The discrete Gaussian for differential privacy", NeurIPS 2020, section 5, which
OpenDP proves and implements; its random bytes are OpenSSL's, which the system seeds. No seed can be given.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from dashboard.outside.sharing.bins import Counts
from ingest.model.errors import SetupFailed

_ABOVE = 1 + 1e-9
"""A scale this much larger, so that rounding never costs more than was paid."""


class Noise:
    """Noise on counts to which one wallet adds at most 1 in each of `bins_of_wallet` places."""

    def __init__(self, micro_epsilon: int, bins_of_wallet: int) -> None:
        """Raises SetupFailed where OpenDP is not installed, or does not promise this epsilon."""
        self.epsilon = micro_epsilon / 1_000_000
        self.scale = bins_of_wallet / self.epsilon * _ABOVE
        self._measurement = _measurement(self.scale)
        if not self._measurement.check(bins_of_wallet, self.epsilon):
            raise SetupFailed(f"OpenDP does not promise epsilon {self.epsilon:g}: report it with its version")

    def on(self, counts: Counts) -> Counts:
        """The counts with noise: whole, some of them below nought. Each call is another draw."""
        return np.array(self._measurement([int(each) for each in counts]), np.int64)


def _measurement(scale: float) -> Any:
    try:
        from opendp.domains import atom_domain, vector_domain
        from opendp.measurements import make_laplace
        from opendp.metrics import l1_distance
        from opendp.mod import enable_features
    except ImportError as error:
        raise SetupFailed("noise is drawn by OpenDP: install undertow[share]") from error
    enable_features("contrib")
    return make_laplace(vector_domain(atom_domain(T="i64")), l1_distance(T="i64"), scale=scale)
