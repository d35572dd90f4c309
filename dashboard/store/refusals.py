"""What a person's change is refused with."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ingest.model.errors import UndertowError

if TYPE_CHECKING:
    from dashboard.store.cases import Case


class NotAllowed(UndertowError):
    """The role of who asked does not reach that far."""


class Overtaken(UndertowError):
    """Somebody else changed the case after it was read. `case` is how it stands now; nothing was changed."""

    def __init__(self, message: str, case: Case) -> None:
        super().__init__(message)
        self.case = case


class AuditBroken(UndertowError):
    """A row of the audit is not as it was written, or is gone."""
