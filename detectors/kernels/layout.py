"""What the kernels read and write: the columns of wallets, holdings, pairs, assets and edges, and the bundles
of arrays.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from detectors.memory.appended import FIRST
from detectors.memory.layout import WORD, Array, Layout
from detectors.memory.rows import OWN
from ingest.model.errors import BadInput

# Cells of a wallet, as `claims` gives its row: columns begin behind the table's own cells.
WALLET = Layout(
    ints=(
        "first_time", "last_time", "ins", "outs", "sent", "distinct_in", "distinct_out", "head_in",
        "head_out", "tokens_held", "block", "signed_in", "own_payees", "usual_in",
    ),
    floats=(
        "out_fast", "in_fast", "out_slow", "in_slow", "new_out", "new_in", "new_asset", "amount",
    ),
)  # fmt: skip
(
    W_FIRST_TIME, W_LAST_TIME, W_INS, W_OUTS, W_SENT, W_DISTINCT_IN, W_DISTINCT_OUT,
    W_HEAD_IN, W_HEAD_OUT, W_TOKENS_HELD, W_BLOCK, W_SIGNED_IN, W_OWN_PAYEES, W_USUAL_IN,
) = range(OWN, OWN + 14)  # fmt: skip
# Its floats: decaying counts, so that they stand still where behaviour does.
(
    F_OUT_FAST, F_IN_FAST, F_OUT_SLOW, F_IN_SLOW, F_NEW_OUT, F_NEW_IN, F_NEW_ASSET, F_AMOUNT,
) = range(OWN + 14, OWN + 22)  # fmt: skip
FAST_SECONDS = 60.0
SLOW_SECONDS = 600.0

# Cells of a holding (wallet, asset). H_KNOWN is 0 for a new one, KNOWN while the stream explains every unit
# of it, NONE once more left than ever came, and FORGOTTEN where some of it may have come before what is
# remembered. H_HELD: 1 where some was left after the wallet's own last payment of a token in use (what others
# send does not set it, since anyone can send anything), -1 for one that it was given for a stake. H_PAID: own
# payments. H_TAKER, H_SINCE: whom it pays in several bites, and since when. Its words: the balance known from
# the stream, the largest payment made of it, the sum of the bites.
HOLDING = Layout(
    ints=("known", "held", "paid", "taker", "since"), words=("balance", "largest", "taken")
)  # fmt: skip
H_KNOWN, H_HELD, H_PAID, H_TAKER, H_SINCE = range(OWN, OWN + 5)
H_BALANCE, H_LARGEST, H_TAKEN = range(OWN + 5, OWN + 5 + 3 * WORD, WORD)
KNOWN, FORGOTTEN = 1, 2

# Cells of a pair (payer, payee): payments, those that the payer signed, and whether one of these left it
# something. Its word: the native value paid.
PAIR = Layout(ints=("count", "by_payer", "kept"), words=("native",))
P_COUNT, P_BY_PAYER, P_KEPT, P_NATIVE = range(OWN, OWN + 4)

# Cells of an asset: its transfers, and the wallets that paid with it by transactions of their own; how large
# its transfers usually are (running mean and variance of log10, Welford 1962).
ASSET = Layout(ints=("count", "payers"), floats=("mean", "spread"))
A_COUNT, A_PAYERS, A_MEAN, A_SPREAD = range(OWN, OWN + 4)
USUAL_AFTER = 20
"""Transfers of an asset before an amount of it can be called unusual."""

# Cells of an edge: E_PREV_IN and E_PREV_OUT are the edge before it of its payee and of its payer.
EDGE = Layout(
    ints=(
        "log", "in_log", "standard", "payer", "payee", "asset", "prev_in", "prev_out", "parent", "depth",
        "origin",
    ),
    words=("amount", "hash"),
)  # fmt: skip
E_BLOCK, E_TIME = range(FIRST)
(
    E_LOG, E_IN_LOG, E_STANDARD, E_FROM, E_TO, E_ASSET, E_PREV_IN, E_PREV_OUT, E_PARENT, E_DEPTH, E_ORIGIN,
) = range(FIRST, FIRST + 11)  # fmt: skip
E_AMOUNT, E_HASH = FIRST + 11, FIRST + 11 + WORD
EDGE_CELLS = FIRST + EDGE.cells

# Integer columns that each transfer gets: what was known before it.
(
    R_FROM_OUTS, R_FROM_DISTINCT_OUT, R_FROM_DISTINCT_IN, R_TO_DISTINCT_OUT, R_TO_DISTINCT_IN,
    R_TO_FIRST_TIME,
    R_PAIR, R_PAIR_BY_PAYER, R_BACK_PAIR, R_EMPTIED, R_TOKENS_LEFT, R_TO_PAID_ASSET, R_FROM_PAID_ASSET,
    R_DEPTH, R_ORIGIN, R_GATHERED, R_CAPPED, R_FROM_FUNDER, R_TO_FUNDER, R_FUNDER_PAYEES,
    R_FROM_OTHER_PAYEES, R_TO_SIGNED_IN, R_PAID_BACK, R_NATIVE_LEFT, R_TO_MATTERS,
    R_FROM_FIRST_PAYER, R_TO_FIRST_PAYER,
    R_FUNDED_WELL, R_LENT, R_PARTLY, R_ASSET_PAYERS, R_TO_USUAL, R_TO_PAID_AS_MUCH,
) = range(33)  # fmt: skip
ROW_INTS = 33

NONE = -1
WRAPPING = 4
"""Place in `rows.STANDARDS` of deposits and withdrawals of a wrapped native coin."""
FUNDING_WEI = 10**15
"""Native value above which a first payment makes its sender the funder: anything less is dust."""
HUB_DEGREE = 6
"""A wallet with at least this many distinct payers and payees is a hub: money that passes it is nobody's
trail.
"""
IN_USE_PAYERS = 20
"""Wallets that paid with an asset themselves from which on it is one in use: anybody can make a token."""
SMALL_WEI = 10**16
"""Native value up to which a payment makes its payee no busy place."""
GWEI = 10**9
"""Wei, in which sums of native value are kept where 64 bits must do."""
BITES_SECONDS = 6 * 3600
"""Time within which payments to one payee are bites of the same taking."""
EMPTIED, EXCEEDED = 1, 2
"""R_EMPTIED: at least 95 % of a fully known balance left, in one bite or several, and the same holds of what
was the wallet's own where the payee had lent it some; or more left than was known, and more than in any
payment before.
"""


class Graph(NamedTuple):
    """The arrays of the rolling graph, flat: of each table its two generations and its journal, and those of
    the table of what is only told; edges and their `control`; of each address who funded it, with what, when
    it was first seen, and whether it had money before.
    """

    wallets: Array
    old_wallets: Array
    wallets_undo: Array
    told_wallets: Array
    old_told_wallets: Array
    told_wallets_undo: Array
    holdings: Array
    old_holdings: Array
    holdings_undo: Array
    told_holdings: Array
    old_told_holdings: Array
    told_holdings_undo: Array
    pairs: Array
    old_pairs: Array
    pairs_undo: Array
    told_pairs: Array
    old_told_pairs: Array
    told_pairs_undo: Array
    assets: Array
    old_assets: Array
    assets_undo: Array
    told_assets: Array
    old_told_assets: Array
    told_assets_undo: Array
    edges: Array
    edges_control: Array
    funder: Array
    funded: Array
    funding: Array
    older: Array
    appeared: Array


class Rows(NamedTuple):
    """Transfers in chain order, column by column; `opens` marks a transaction's first, `closes` a block's
    last.
    """

    sender: Array
    payee: Array
    asset: Array
    by: Array
    direct: Array
    opens: Array
    closes: Array
    time: Array
    block: Array
    log_index: Array
    index_in_log: Array
    standard: Array
    amount: Array
    magnitude: Array
    hash: Array


MOST_STEPS = 1024
"""Edges a walk may be told to read: each transfer can cost so many, and needs room for as many in a trail."""
MOST_SECONDS = MOST_COUNT = 2**31 - 1
GATHERED = 32
"""Wallets that a gathering counts and names, unless it takes more of them to be one."""


class _Limits(NamedTuple):
    pass_seconds: int = 1800
    quiet_edges: int = 8
    steps: int = 64
    trail_depth: int = 3
    gather_wallets: int = 4


class Limits(_Limits):
    """Bounds of the walks. Money that rests at most `pass_seconds` in a wallet with at most `quiet_edges`
    recent transfers is passing through; a walk reads at most `steps` edges; trails of `trail_depth` hops or
    `gather_wallets` wallets are copied out.

    Raises BadInput for a number that no walk can keep to: kernels check no bounds, so one that is too large
    would write beyond its buffers.
    """

    __slots__ = ()

    def __new__(cls, *values: int, **named: int) -> Limits:
        made = super().__new__(cls, *values, **named)
        most = (MOST_SECONDS, MOST_COUNT, MOST_STEPS, MOST_COUNT, made.steps)
        for name, value, bound in zip(cls._fields, made, most, strict=True):
            if type(value) is not int or not 1 <= value <= bound:
                raise BadInput(f"the limit {name} is {value!r}: give a whole number from 1 to {bound}")
        return made

    @classmethod
    def _make(cls, iterable: Iterable[int]) -> Limits:  # type: ignore[override]
        """What `_replace` calls: checked as well."""
        return cls(*iterable)

    @property
    def gathered(self) -> int:
        """Room for the wallets of one gathering."""
        return max(GATHERED, self.gather_wallets)

    @property
    def trail_edges(self) -> int:
        """Room for the trail of one transfer: two edges a gathered wallet, and one a hop walked back."""
        return 2 * self.gathered + self.steps


class Trail(NamedTuple):
    """Edges of money trails, copied out while they stand: the row of the transfer that ended it, and the
    edge's cells.
    """

    row: Array
    edges: Array
    used: Array


class Touched(NamedTuple):
    """Wallets at the end of each block that touched them: [which, block, time, features, standing], `used` of
    them.
    """

    wallet: Array
    block: Array
    time: Array
    features: Array
    standing: Array
    used: Array


WALLET_STANDING = ("first_time", "distinct_in", "distinct_out")
"""Integers of a wallet that a model does not see: when it first appeared, its distinct payers and payees."""

WALLET_FEATURES = (
    "out_fast", "in_fast", "out_slow", "in_slow", "new_payees", "new_payers", "new_assets", "unusual_amount",
    "out_over_in", "share_new_payees",
)  # fmt: skip
"""Features of a wallet at a block's end: logs of decaying counts, a distance in spreads, a log ratio and a
share.
"""
