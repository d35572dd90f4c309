"""`python -m dashboard.outside.api.openapi` writes the description of the API that lies beside this file."""

from __future__ import annotations

import json
from pathlib import Path

from dashboard.outside.api.app import make_app

FILE = Path(__file__).parent / "openapi.json"


def text() -> str:
    app = make_app(None, None)  # type: ignore[arg-type]  # nobody is let in, nothing is asked
    return json.dumps(app.openapi(), indent=1, sort_keys=True) + "\n"


if __name__ == "__main__":
    FILE.write_text(text())
