"""The page that `streamlit run` serves: sets up the window and shows the screen that the address names."""

from __future__ import annotations

import streamlit as st

from dashboard.screens import (
    flows,
    health,
    incidents,
    overview,
    parts,
    queue,
    routes,
    token,
    trends,
    truth,
    wallet,
)
from dashboard.screens.routes import Screen

SCREENS = (
    Screen(routes.OVERVIEW, "Overview", overview.show),
    Screen(routes.QUEUE, "Alerts", queue.show),
    Screen(routes.INCIDENTS, "Incidents", incidents.show),
    Screen(routes.WALLET, "Wallets", wallet.show),
    Screen(routes.FLOWS, "Flows", flows.show),
    Screen(routes.TOKEN, "Tokens", token.show),
    Screen(routes.TRENDS, "Trends", trends.show),
    Screen(routes.HEALTH, "Health", health.show),
    Screen(routes.TRUTH, "Truth", truth.show),
)


def main() -> None:
    # A local icon: the default one, and every :material/…: icon, is fetched from outside.
    st.set_page_config(page_title="undertow", page_icon=str(parts.ASSETS / "icon.png"), layout="wide")
    pages = {
        screen.path: st.Page(screen.show, title=screen.title, url_path=screen.path, default=not screen.path)
        for screen in SCREENS
    }
    chosen = st.navigation(list(pages.values()), position="top")
    parts.style()
    routes.arrive(chosen.url_path, pages)
    chosen.run()


if __name__ == "__main__":
    main()
