"""How much epsilon is spent, noted outside of the store: a backup of the store that is brought back gives
nothing back. The mark only rises, and whoever releases holds it alone.
"""

from __future__ import annotations

import json
from contextlib import AbstractContextManager
from pathlib import Path

from dashboard.accounts.own_files import held, read_own, write_whole
from dashboard.store.epsilon import told
from ingest.model.errors import BadInput


class Mark:
    """Of each chain, in millionths, in a file of its own."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def held(self) -> AbstractContextManager[None]:
        """Raises BadInput where it cannot be."""
        return held(self._path.with_name(f"{self._path.name}.lock"), "see --mark")

    def of(self, chain_id: int) -> int | None:
        """None where nothing is noted of the chain. Raises BadInput where the file says no number."""
        found = self._read().get(str(chain_id))
        if found is not None and (type(found) is not int or found < 0):
            raise BadInput(f"{self._path} says no number of chain {chain_id}: bring back a copy of it")
        return found

    def raise_to(self, chain_id: int, micro: int) -> None:
        """Written, and on the disk, before anything is released. Raises BadInput."""
        known = self._read()
        write_whole(self._path, {**known, str(chain_id): max(micro, known.get(str(chain_id), 0))})

    def _read(self) -> dict[str, int]:
        try:
            found = json.loads(read_own(self._path, "how much epsilon is spent"))
            if not isinstance(found, dict):
                raise ValueError("it is no object")
        except FileNotFoundError:
            return {}
        except (OSError, ValueError, RecursionError) as error:
            raise BadInput(
                f"{self._path} is no mark of epsilon ({error}): bring back a copy of it"
            ) from error
        return found


def expect_known(mark: Mark, chain_id: int, spent_in_store: int) -> int:
    """What the mark says. Raises BadInput where it is gone while the store knows of releases: then nobody
    knows whether the store itself is an old one.
    """
    found = mark.of(chain_id)
    if found is None and spent_in_store:
        raise BadInput(
            f"the mark of chain {chain_id} is gone, and the store knows of {told(spent_in_store)} "
            "spent: bring the mark back, see --mark"
        )
    return found or 0
