"""What a contract made while it was made itself: code that no receipt tells of, found by making it again
beside the chain.
"""

from __future__ import annotations

from detectors.parts.contract import Seen
from detectors.parts.sandbox.frame import Unknowable
from detectors.parts.staging import staged


def offspring(seen: Seen, contract: int, block: int) -> tuple[bytes, ...]:
    """The code of each such contract, with all that constructors fill in, in the order in which they were
    made; nothing where that cannot be known. For who reads `acts` and `contracts`.
    """

    def make() -> tuple[bytes, ...]:
        try:
            stage = staged(seen, contract, block)
        except Unknowable:
            return ()
        if stage is None or stage.contract not in stage.machine.codes:
            return ()
        made = stage.machine.codes
        return tuple(code for address, code in made.items() if code and address != stage.contract)

    return seen.once(("offspring", contract, block), make)
