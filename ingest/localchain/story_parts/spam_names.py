"""What unasked tokens call themselves: claims, links, and what hostile text there is in names."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection
from random import Random

_SITES = (
    "claim-{}.xyz", "{}-rewards.com", "{}drop.io", "get{}.net", "visit-{}.org", "{}.gift", "t.me/{}bonus",
)  # fmt: skip
_BRANDS = ("swap", "stake", "eth2", "usdc", "weth", "layer", "vault", "bridge", "restake", "points")
_CLAIMS = (
    "Visit {} to claim your reward", "$ {} - Claim {} ETH", "{} airdrop", "Voucher: {}", "! {} - 5,000 USDC",
    "Get your bonus on {}", "\u26a0 Check {} before it expires", "1000 USD at {}",
)  # fmt: skip
_HOSTILE = (
    "<script>alert(1)</script>{}", '"><img src=x onerror=alert(1)> {}', "\u202e{}\u202c", "{}\u200b\u200b",
    "[claim]({})", "=HYPERLINK(\"http://{}\")", "{}" + "\u0300" * 40,
)  # fmt: skip
_LONGEST_NAME = 10_000


def link(rng: Random) -> str:
    return rng.choice(_SITES).format(rng.choice(_BRANDS))


def claim(rng: Random) -> tuple[str, str]:
    """A name that promises something, and a symbol: the link itself, or the brand it pretends to be."""
    site = link(rng)
    name = rng.choice(_CLAIMS).replace("{}", site)
    return name, rng.choice(
        (site, site.upper(), rng.choice(_BRANDS).upper(), "$" + rng.choice(_BRANDS).upper())
    )


def hostile(rng: Random) -> tuple[str, str]:
    """A name that attacks who shows it: markup, direction marks, thousands of characters; a claim as well."""
    name, symbol = claim(rng)
    if rng.random() < 0.3:
        return (name + " ") * (rng.randint(200, _LONGEST_NAME) // (len(name) + 1)), symbol
    return rng.choice(_HOSTILE).replace("{}", name), rng.choice(_HOSTILE).replace("{}", symbol)


def trades_on(symbol: str, listed: Collection[str]) -> bool:
    """Whether a reader takes `symbol` for one of the `listed`: nothing that nobody sees, and no dollar sign
    before it, makes it another.
    """
    seen = "".join(letter for letter in symbol if unicodedata.category(letter) != "Cf")
    return seen.strip(" .$").upper() in {each.upper() for each in listed}
