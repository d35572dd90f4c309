"""Makes the contracts of a vault's owner: a guard, and a limit that follows the vault's risk."""

from __future__ import annotations

import threading
from collections.abc import Callable

from ingest.model.errors import BadInput
from ingest.nodes.sending.sender import Sender, Wanted

POLL_S = 0.5


def deployed(
    sender: Sender, what: str, data: str, say: Callable[[str], None], stop: threading.Event
) -> str | None:
    """The address of the contract that `data` makes, once it is settled; None where `stop` came before.

    Whoever is killed and starts again makes it once: what was sent is in the journal, under what it makes.
    """
    purpose = f"make {what}"
    if sender.standing(purpose) is None:
        sender.send(Wanted(purpose, None, data))
        say(f"guard: {what} is on its way")
    while not stop.is_set():
        seen = next((each for each in sender.look() if each.purpose == purpose), None)
        found = seen or sender.standing(purpose)
        if found is None or found.stage in ("failed", "displaced"):
            raise BadInput(f"{what} was not made: its transaction was refused or displaced")
        if found.stage == "settled":
            return sender.standing(purpose).created  # type: ignore[union-attr]
        stop.wait(POLL_S)
    return None
