"""The tables of version 1, which every store has that was made before there were steps: nothing to do."""

revision = "0001"
down_revision = None


def upgrade() -> None:
    """A store of version 1 is taken as it stands."""
