"""Writes `detectors/library/rules/FIELDS.md`, the reference of what rules may name, out of the code:
`python -m tests.readme.rule_fields`.
"""

from __future__ import annotations

from pathlib import Path

from detectors.library.rules.reference import reference

FIELDS = Path(__file__).parents[2] / "detectors" / "library" / "rules" / "FIELDS.md"


if __name__ == "__main__":
    FIELDS.write_text(reference())
