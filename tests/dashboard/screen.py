"""The app as its page is drawn, without a browser."""

from __future__ import annotations

from pathlib import Path

from streamlit.testing.v1 import AppTest
from streamlit.util import calc_hash

import dashboard.app

APP = Path(dashboard.app.__file__)


def opened(screen: str = "queue", **query: str) -> AppTest:
    """The page at `/screen?query`, of the store that UNDERTOW_STORE names."""
    app = AppTest.from_file(APP, default_timeout=60)
    app._page_hash = calc_hash(screen) if screen else ""  # a page goes by its path
    for name, value in query.items():
        app.query_params[name] = value
    return app.run()


def said(app: AppTest) -> str:
    """All markup of a page that was drawn without an error."""
    assert not app.exception
    return " ".join(str(block.proto.body) for block in app.get("html"))


def drawn(app: AppTest) -> str:
    """All that undertow's own tables and pictures were given, of a page drawn without an error."""
    assert not app.exception
    return " ".join(str(each.proto) for each in app.get("bidi_component"))
