"""Hidden mints: somebody sells much more of a token than ever came to him, by all that the token told."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from detectors.alerts.alert import RoleName
from detectors.base import Finding, Tier, hexed
from detectors.kernels.decoding import Kind
from detectors.library.minted_and_sold import minted_and_sold
from detectors.library.tried_mints import tried_mints
from detectors.memory.layout import Columns
from detectors.parts import worth
from detectors.parts.contract import Seen
from detectors.parts.inside import NOBODY, Inside, Line
from detectors.parts.kinds import is_some
from detectors.parts.people import People


@dataclass(frozen=True, slots=True)
class Settings:
    """least: the share of the announced supply that was spent without having come. beyond: how many times as
    much as ever came that is: what grows by itself (a rebase, interest) grows by a part of it. drained: the
    share of a pool's money that is taken for units made in the same transaction for nothing: rewards that are
    claimed and sold take a hundredth.
    """

    least: float = 0.01
    beyond: float = 1.0
    drained: float = 0.5


class HiddenMint:
    """Flags sales of a token by somebody who was never seen to get as much: balances grow without a mint.

    The token's history is known from its birth, it announced a supply by events, and the seller sells to a
    pool what by its own events he does not have: a "fee" that is a balance, a wallet that never runs out, an
    event that tells a part of what arrives, a transfer to oneself that doubles, a surplus written by the
    constructor. Complete at the sale. Before it, each call that the maker himself sends to the token is tried
    on the token as it was made: where it gives somebody a hundredth of the supply or more that no log tells
    of, that is said with severity medium, or low where the call failed or gives nothing any more.

    Left in peace: rebases and interest, as everybody spends a part more than came and never several times
    that; fees on transfers, whose events add up; wrapped native coins, whose deposits count; tokens that
    announced no supply at all, as old ones do (hard case 5.N4).

    Fails: before the sale, where code cannot be tried or somebody else calls the mint; for tokens older than
    the stream; small surpluses (below a hundredth of the supply, or less than ever came); announced mints
    that nobody agreed to and that are sold later or little by little; sales to venues that are no pool of
    Uniswap's shapes; tokens that tell of no mint at all. Costs a look at the sales of whoever is short.
    Source: kovart's SilentMint for Forta (rules "spends more than owned" and "false total supply"; published
    without a figure: 0 measured recalls).
    """

    name = "hidden-mint"
    catches: tuple[str, ...] = ("hidden-mint",)
    needs: Tier = "logs"
    settings = Settings()
    reads: tuple[str, ...] = ("net", "kept", "pools", "contracts", "acts", "loans", "prices", "sides")
    quiet_seconds = 30 * 86_400

    def score(self, seen: Seen) -> list[Finding]:
        found = [*tried_mints(seen, self.settings.least), *minted_and_sold(seen, self.settings.drained)]
        return sorted([*found, *self._sold(seen)], key=lambda finding: finding.block_number)

    def _sold(self, seen: Seen) -> list[Finding]:
        legs = seen.of("pools").get("legs")
        kept, net = seen.of("kept").get("lines"), seen.of("net").get("changes")
        if legs is None or kept is None or net is None or not legs["row"].size:
            return []
        short = is_some(kept["short"]) & (net["asset"] != 0) & (net["account"] != NOBODY)
        sold = set(zip(legs["transaction"].tolist(), legs["asset_in"].tolist(), strict=True))
        lines = zip(net["transaction"][short].tolist(), net["asset"][short].tolist(), strict=True)
        found = []
        for one, token in _known_from_birth(
            seen, list(dict.fromkeys(each for each in lines if each in sold))
        ):
            finding = self._judge(one, token, legs)
            found += [finding] if finding is not None else []
        return found

    def _judge(self, one: Inside, token: int, legs: Columns) -> Finding | None:
        made = one.seen.history("contracts.made").rows(token, one.of("block"), 1)
        sales = (legs["transaction"] == one.number) & (legs["asset_in"] == token)
        pools = set(legs["pool"][sales].tolist())
        sellers = [line for line in one.lines() if self._is_surplus(line, token, pools, int(made["time"][0]))]
        if not sellers:
            return None
        return self._finding(one, token, int(made["signer"][0]), int(made["row"][0]), sellers, sales, legs)

    def _is_surplus(self, line: Line, token: int, pools: set[int], born: int) -> bool:
        if line.asset != token or line.account in pools | {NOBODY} or line.more >= 0:
            return False
        much = line.supply > 0 and line.short >= self.settings.least * line.supply
        return much and line.short > self.settings.beyond * line.got and line.known_from <= born

    def _finding(
        self,
        one: Inside,
        token: int,
        maker: int,
        born: int,
        sellers: list[Line],
        sales: np.ndarray,
        legs: Columns,
    ) -> Finding:
        seen, people = one.seen, People(one.seen, one.of("block"))
        short, supply = sum(line.short for line in sellers), sellers[0].supply
        got = sum(line.got for line in sellers)
        wei = sum(
            int.from_bytes(amount.astype(">u8").tobytes(), "big")
            for amount, asset in zip(legs["got"][sales], legs["asset_out"][sales], strict=True)
            if asset == 0
        )
        roles: dict[int, RoleName] = dict.fromkeys([maker, *(line.account for line in sellers)], "attacker")
        roles |= {who: "infrastructure" for who in [token, *legs["pool"][sales].tolist()] if who not in roles}
        numbers = {born, *legs["row"][sales].tolist()}
        for line in sellers:
            rows = people.rows(line.account)
            mine = (rows["kind"] == Kind.ERC20) & (rows["asset"] == token)
            numbers |= set(rows["row"][mine][:50].tolist())
        creator = seen.address(maker)
        share = short / supply
        return Finding(
            block_number=one.of("block"),
            timestamp=one.of("time"),
            category=self.name,
            subject_kind="wallet",
            subject=creator,
            score=round(0.6 + 0.2 * share / (1 + share) + 0.2 * short / (short + got), 6),
            severity=worth.severity("critical", wei, any(legs["asset_out"][sales] != 0)),
            transaction=one.hash,
            roles=tuple((seen.address(who), role) for who, role in roles.items()),
            rows=seen.evidence(sorted(numbers)),
            measured={
                "least": round(share, 6),
                "beyond": round(short / max(got, 1), 6),
                "sellers": len(sellers),
            },
            thresholds={"least": self.settings.least, "beyond": self.settings.beyond},
            explanation=f"Of the token {hexed(seen.address(token))}, made by {hexed(creator)}, {short} units "
            f"were spent by {len(sellers)} who were never seen to get them: {share:.2f} of all it told of.",
            value_wei=wei or None,
        )


def _known_from_birth(seen: Seen, sold: list[tuple[int, int]]) -> list[tuple[Inside, int]]:
    """Of transactions and tokens those whose token was seen to be made: most that are traded were not."""
    numbers, tokens = np.array(sold, np.int64).reshape(-1, 2).T
    sent = seen.transactions
    blocks = sent["block"][numbers - int(sent["number"][0])]
    made = seen.history("contracts.made").has(tokens, blocks)
    return [(Inside(seen, number), token) for (number, token), known in zip(sold, made, strict=True) if known]
