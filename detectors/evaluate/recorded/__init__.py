"""Holds the detectors against real chain data with known answers: MEV blocks, exploits and poisonings.

A recording lies in a folder of its own kind and is read in place. Where the two sides disagree, both are
quoted: the recordings come from heuristics and people, and are not always right either.
"""

from detectors.evaluate.recorded.report import Report
from detectors.evaluate.recorded.run import judge_recorded

__all__ = ["Report", "judge_recorded"]
