"""Who may sign in to the dashboard, and how: by a password kept here, or at a provider of OpenID Connect."""

from dashboard.accounts.entry import LOCAL_ONLY, Entry, Provider
from dashboard.accounts.users import User, read_users, write_users

__all__ = ["LOCAL_ONLY", "Entry", "Provider", "User", "read_users", "write_users"]
