"""Holds a book of alerts against labels: the judge of what detection is worth."""

from detectors.evaluate.judging import HORIZON_BLOCKS, Hit, Misnamed, Verdict, judge
from detectors.evaluate.labels import Label, Labels, load_book, load_labels
from detectors.evaluate.matching import MANY_ATTACKERS

__all__ = [
    "HORIZON_BLOCKS",
    "MANY_ATTACKERS",
    "Hit",
    "Label",
    "Labels",
    "Misnamed",
    "Verdict",
    "judge",
    "load_book",
    "load_labels",
]
