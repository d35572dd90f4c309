"""Makes the guard of a vault's owner, once."""

from __future__ import annotations

import threading
from collections.abc import Callable

from dashboard.outside.guarding.contracts import why
from dashboard.outside.guarding.wiring import is_sent, settled
from ingest.model.errors import BadInput
from ingest.nodes.sending.sender import Sender, Wanted
from ingest.nodes.sending.speaking import Refused


def deployed(
    sender: Sender, what: str, data: str, say: Callable[[str], None], stop: threading.Event
) -> str | None:
    """The address of the contract that `data` makes, once it is settled; None where `stop` came before.

    Whoever is killed and starts again makes it once: what was sent is in the journal, under what it makes.
    Raises BadInput where it cannot be made.
    """
    purpose = f"make {what}"
    if not is_sent(sender, purpose):
        try:
            sender.send(Wanted(purpose, None, data))
        except Refused as error:
            raise BadInput(f"{what} cannot be made: {why(error)}") from None
        say(f"guard: {what} is on its way")
    found = settled(sender, purpose, what, say, stop)
    return None if found is None else found.created
