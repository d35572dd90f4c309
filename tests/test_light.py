"""`undertow` itself is light: who asks for help or starts a broker waits for no library that others need."""

from __future__ import annotations

import subprocess
import sys

HEAVY = ("polars", "numpy", "numba", "sqlalchemy", "kafka", "web3", "streamlit", "sklearn", "msgspec")


def test_to_know_its_commands_loads_no_heavy_library() -> None:
    asked = f"import sys, undertow; print([name for name in {HEAVY} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
