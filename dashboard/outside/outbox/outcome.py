"""What became of a message, and whether a machine is this one."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Outcome:
    """Whether a message arrived; if not, why, whether to try again, and the seconds that were asked for."""

    arrived: bool
    reason: str = ""
    again: bool = True
    wait_s: int = 0


def is_here(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
