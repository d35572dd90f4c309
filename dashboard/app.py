"""The page that `streamlit run` serves: sets up the window and shows the screen that the address names."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module

import streamlit as st

from dashboard.screens import parts, routes, sign_in

# Path, title, and the file of `dashboard.screens` that draws it. No docstring: Streamlit would show it.
SCREENS = (
    (routes.OVERVIEW, "Overview", "overview"),
    (routes.QUEUE, "Alerts", "queue"),
    (routes.INCIDENTS, "Incidents", "incidents"),
    (routes.WALLET, "Wallets", "wallet"),
    (routes.FLOWS, "Flows", "flows"),
    (routes.TOKEN, "Tokens", "token"),
    (routes.TRENDS, "Trends", "trends"),
    (routes.FEES, "Fees", "fees"),
    (routes.HEALTH, "Health", "health"),
    (routes.TRUTH, "Truth", "truth"),
    (routes.ANCHORS, "Anchors", "anchors"),
    (routes.ADVICE, "Advice", "advice"),
    (routes.RULES, "Rules", "rules"),
)


def main() -> None:
    # A local icon: the default one, and every :material/…: icon, is fetched from outside.
    st.set_page_config(page_title="undertow", page_icon=str(parts.ASSETS / "icon.png"), layout="wide")
    sign_in.actor()
    pages = {
        path: st.Page(_showing(file), title=title, url_path=path, default=not path)
        for path, title, file in SCREENS
    }
    chosen = st.navigation(list(pages.values()), position="top")
    parts.style()
    routes.arrive(chosen.url_path, pages)
    chosen.run()


def _showing(file: str) -> Callable[[], None]:
    """A screen is imported when it is looked at: the first rows of the queue wait for no other screen."""

    def show() -> None:
        import_module(f"dashboard.screens.{file}").show()

    return show


if __name__ == "__main__":
    main()
