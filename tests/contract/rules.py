"""Rules that the checks of detectors are held against: each finds something in the long chain."""

from __future__ import annotations

from detectors.library.rules.detector import RuleDetector
from detectors.library.rules.files import rule_of

LARGE = """rule large-to-newcomer
says "A coin or more to a wallet that was not there an hour ago."
each transfer names payee score 0.6
when value >= 1 coin and payee_age < 1 hour and (met = 0 or payer_funder is unknown)
"""
BUSY = """rule many-transfers
says "One transaction that moves three things or more, or fails with coin in it."
each transaction names signer severity low
when transfers >= 3 and assets / transfers <= 1 or not done and value > 0 wei
"""
SPREADING = """rule spreading
says "A wallet that pays several it never paid before."
each wallet names wallet score 0.45
when payees >= 3 and share_new_payees > 50 % and age < 1 day
"""
RULES: tuple[RuleDetector, ...] = tuple(rule_of(text, "a test") for text in (LARGE, BUSY, SPREADING))
