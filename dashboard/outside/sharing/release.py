"""A release: noised counts of features, and all that somebody needs to make sense of them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import msgspec
import numpy as np
from msgspec import Meta, Struct

from dashboard.outside.sharing import bins
from dashboard.outside.sharing.noise import Noise
from dashboard.outside.sharing.wallets import Wallets
from detectors.kernels.habits import WALLET_FEATURES
from ingest.model.errors import BadInput

FORMAT = "undertow-histograms/1"
MOST_BYTES = 1_000_000
_Count = Annotated[int, Meta(ge=-(2**53), le=2**53)]


class Histogram(Struct, frozen=True, forbid_unknown_fields=True):
    """Bins as `bins.edges` has them: `counts` is one longer than `edges`."""

    feature: str
    edges: Annotated[list[float], Meta(max_length=1_000)]
    counts: Annotated[list[_Count], Meta(max_length=1_001)]


class Release(Struct, frozen=True, forbid_unknown_fields=True):
    """`scale`: of the discrete Laplace noise on each count; `micro_epsilon`: what it cost a wallet of this
    instance, in millionths.
    """

    format: str
    chain_id: int
    blocks: tuple[int, int]
    micro_epsilon: int
    scale: float
    histograms: Annotated[list[Histogram], Meta(min_length=1, max_length=100)]


def checked_features(names: list[str]) -> list[str]:
    """Raises BadInput for what is no feature of a wallet, or is named twice."""
    odd = [name for name in names if name not in WALLET_FEATURES]
    if odd or len(set(names)) != len(names):
        raise BadInput(
            f"--feature takes each of {', '.join(WALLET_FEATURES)} once, not {', '.join(odd or names)!a:.80}"
        )
    return names or list(WALLET_FEATURES)


def true_counts(wallets: Wallets, features: list[str]) -> list[bins.Counts]:
    """Without noise: never to leave this instance."""
    return [bins.counts(each, wallets.rows[:, bins.column(each)]) for each in features]


def released(wallets: Wallets, features: list[str], micro_epsilon: int) -> Release:
    """A wallet is in one bin of each feature, so all of them together cost `micro_epsilon`, once."""
    true, noise = true_counts(wallets, features), Noise(micro_epsilon, len(features))
    noised = np.split(noise.on(np.concatenate(true)), np.cumsum([each.size for each in true])[:-1])
    histograms = [
        Histogram(name, bins.edges(name).tolist(), counts.tolist())
        for name, counts in zip(features, noised, strict=True)
    ]
    return Release(FORMAT, wallets.chain_id, wallets.blocks, micro_epsilon, noise.scale, histograms)


def text_of(release: Release) -> str:
    return msgspec.json.encode(release, order="sorted").decode() + "\n"


def read(path: Path) -> Release:
    """Raises BadInput for what is no release, or has other bins than this version."""
    try:
        if path.stat().st_size > MOST_BYTES:
            raise BadInput(f"{path} is too large for a release: it has more than {MOST_BYTES:,} bytes")
        found = msgspec.json.decode(path.read_bytes(), type=Release)
    except OSError as error:
        raise BadInput(f"{path} cannot be read: {error.strerror}") from error
    except (msgspec.DecodeError, RecursionError) as error:
        raise BadInput(f"{path} is no release of `undertow share release`: {error}") from error
    if found.format != FORMAT:
        raise BadInput(
            f"{path} is of format {found.format!a:.40}, this version reads {FORMAT}: update undertow"
        )
    for each in found.histograms:
        known = each.feature in WALLET_FEATURES and each.edges == bins.edges(each.feature).tolist()
        if not known or len(each.counts) != len(each.edges) + 1:
            raise BadInput(
                f"{path} has other bins of {each.feature!a:.40} than this version: update undertow"
            )
    return found
