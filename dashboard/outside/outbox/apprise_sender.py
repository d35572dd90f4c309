"""Further channels by Apprise, an extra (`pip install undertow[apprise]`): the only door to it.

Each reads what it is given in its own way, as markdown, HTML or a chat's mentions. So besides what `plain`
does to a name every letter that one of them might act on becomes one that only looks like it.
"""

from __future__ import annotations

import logging
from importlib.util import find_spec
from typing import Any

from dashboard.outside.outbox import messages
from dashboard.outside.outbox.messages import Message
from dashboard.outside.outbox.outcome import Outcome, is_here
from ingest.model.errors import BadInput

LONGEST = 1_900
"""Characters of a body: the shortest of the common channels takes 2,000."""
_INERT = str.maketrans("<>*_`~|#" + chr(92), "‹›∗ˍˋ∼¦＃＼")


class Apprise:
    """One channel; its address is its password, and nothing of it is said or logged."""

    def __init__(self, url: str, where: str) -> None:
        """Raises BadInput for an address that is of no channel, or would be spoken to in the open."""
        if find_spec("apprise") is None:
            raise BadInput(f"--routes: {where}: kind apprise needs Apprise: pip install 'undertow[apprise]'")
        import apprise

        for name in ("apprise", "apprise.plugins"):
            logging.getLogger(name).setLevel(logging.CRITICAL + 1)
        asset = apprise.AppriseAsset(
            app_id="undertow",
            app_desc="undertow",
            async_mode=False,
            interpret_emojis=False,
            interpret_escapes=False,
            secure_logging=True,
        )
        self._service = apprise.Apprise(asset=asset)
        self._text, self._types = apprise.NotifyFormat.TEXT, apprise.NotifyType
        if not self._service.add(url):
            raise BadInput(f"--routes: {where}: url is no address that Apprise knows")
        if any(not _is_safe(each) for each in self._service):
            raise BadInput(f"--routes: {where}: url is spoken to in the open: take its form with TLS")

    def send(self, message: Message) -> Outcome:
        """The last line has the message's id: it is the same where it is told again."""
        body = inert("\n".join(messages.lines(message)))[:LONGEST]
        arrived = self._service.notify(
            body=f"{body}\n{message.id}",
            title=inert(messages.title(message)),
            notify_type=self._types.INFO if message.is_over else self._types.WARNING,
            body_format=self._text,
        )
        return Outcome(True) if arrived else Outcome(False, "Apprise could not tell it")


def inert(text: str) -> str:
    """Text in which no markup, mention or link is left."""
    return text.translate(_INERT).replace("](", "] (")


def _is_safe(service: Any) -> bool:
    return bool(service.secure) or is_here(str(service.host or ""))
