"""What the part `holdings` remembers of wallets, of what they hold and whom they paid, and of assets; and
what it says of a transfer.
"""

from __future__ import annotations

from detectors.memory.claims import claim, seen
from detectors.memory.compiled import njit
from detectors.memory.layout import WORD, Layout
from detectors.memory.rows import OWN

WALLET = Layout(ints=("sent", "payees", "tokens_held", "signed_in", "own_payees", "usual_in"))
"""Transactions of its own that moved something; distinct payees; tokens in use of which it has some left;
distinct payers by payments that they signed and that are not small, and payees of its own such payments; gwei
that the former paid.
"""
SENT, PAYEES, TOKENS_HELD, SIGNED_IN, OWN_PAYEES, USUAL_IN = range(OWN, OWN + len(WALLET.ints))

HOLDING = Layout(
    ints=("known", "held", "paid", "taker", "since"), floats=("came",), words=("balance", "largest", "taken")
)  # fmt: skip
"""Of a wallet and asset. known: 0 for a new one, KNOWN while the stream explains every unit of it, NONE once
more left than ever came, FORGOTTEN where some may have come before what is remembered. held: 1 where some was
left after the wallet's own last payment of a token in use (what others send does not set it, since anyone can
send anything), -1 for one that it was given for a stake. paid: own payments. taker, since: whom it pays in
several bites, and since when. came: units of a token in use that wallets which kept some paid it
themselves. Its words: the balance known, the largest payment made, the sum of the bites.
"""
KNOWN_HOW, HELD, PAID, TAKER, SINCE = range(OWN, OWN + len(HOLDING.ints))
CAME = OWN + 5
BALANCE, LARGEST, TAKEN = range(OWN + 6, OWN + 6 + 3 * WORD, WORD)
KNOWN, FORGOTTEN, NONE = 1, 2, -1

PAIR = Layout(ints=("count", "kept"), words=("native",))
"""Of payer and payee: payments, whether one that the payer signed left it something, native value paid."""
COUNT, KEPT, NATIVE = range(OWN, OWN + 3)

ASSET = Layout(ints=("transfers", "payers"), floats=("mean", "spread"))
"""Its transfers, the wallets that paid with it by transactions of their own, and how large transfers usually
are (running mean and variance of log10, Welford 1962).
"""
TRANSFERS, PAYERS, MEAN, SPREAD = range(OWN, OWN + 4)

FIRSTS = Layout(ints=("funder", "funding", "older"))
"""Of a wallet: who first sent it native value above dust (0: not known), gwei of that, and 1 where it paid
out more than ever came: then it had money before, and whoever sent the first need not have funded it.
"""
FUNDER, FUNDING, OLDER = range(len(FIRSTS.ints))

ROW = (
    "payer", "payee", "signer", "asset", "direct", "opens", "wraps", "time", "block",
    "payer_since", "payee_since", "asset_since",
)  # fmt: skip
"""Of a transfer: numbers of addresses; whether its payer asked for it, it is its transaction's first, it
wraps or unwraps the coin; and since when both and the asset are heard of.
"""
(
    PAYER, PAYEE, SIGNER, OF_ASSET, DIRECT, OPENS, WRAPS, TIME, BLOCK, PAYER_SINCE, PAYEE_SINCE, ASSET_SINCE,
) = range(len(ROW))  # fmt: skip

SAID = (
    "from_funder", "to_funder", "funder_payees", "from_first_payer", "to_first_payer",
    "from_paid_asset", "to_paid_asset", "to_usual", "to_knows_as_much",
    "emptied", "partly", "tokens_left", "native_left", "asset_payers", "funded_well", "paid_back", "lent",
    "other_payees", "to_matters", "met", "new_asset",
)  # fmt: skip
"""What was known just before a transfer: see `detectors.parts.holdings`."""
(
    S_FROM_FUNDER, S_TO_FUNDER, S_FUNDER_PAYEES, S_FROM_FIRST, S_TO_FIRST, S_FROM_PAID, S_TO_PAID, S_USUAL,
    S_AS_MUCH, S_EMPTIED, S_PARTLY, S_TOKENS_LEFT, S_NATIVE_LEFT, S_ASSET_PAYERS, S_FUNDED_WELL, S_PAID_BACK,
    S_LENT, S_OTHER_PAYEES, S_MATTERS, S_MET, S_NEW_ASSET,
) = range(len(SAID))  # fmt: skip

EMPTIED, EXCEEDED = 1, 2
"""S_EMPTIED: at least 95 % of a fully known balance left, in one bite or several, and the same holds of what
was the wallet's own where the payee had lent it some; or more left than was known, and more than in any
payment before.
"""
FUNDING_WEI = 10**15
"""Native value above which a first payment makes its sender the funder: anything less is dust."""
BUSY = 6
"""Payers and payees, by signed payments, from which on a wallet is a busy place."""
IN_USE_PAYERS = 20
"""Wallets that paid with an asset themselves from which on it is one in use: anybody can make a token."""
CAME_TIMES = 3.0
"""A busy place is used to a payment of a token where others paid it so many times as much of it."""
USUAL_AFTER = 20
"""Transfers of an asset before an amount of it can be called unusual."""
SMALL_WEI = 10**16
"""Native value up to which a payment makes its payee no busy place."""
GWEI = 10**9
"""Wei, in which sums of native value are kept where 64 bits must do."""
BITES_SECONDS = 6 * 3600
"""Time within which payments to one payee are bites of the same taking."""


@njit(cache=True)
def claimed(tables, key, block, time, signed):  # type: ignore[no-untyped-def]
    """The row of a key, to be changed, in one of two tables (`memory.claims`): the arrays of the lasting one,
    then of the one of what is only told.
    """
    return claim(
        tables[0], tables[1], tables[2], tables[3], tables[4], tables[5], key, block, time, signed
    )  # fmt: skip


@njit(cache=True)
def known(tables, key, time):  # type: ignore[no-untyped-def]
    """The row of a key as it is; empty where nothing is known (any more)."""
    return seen(tables[0], tables[1], tables[3], tables[4], key, time)
