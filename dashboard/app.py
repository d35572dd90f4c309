"""The page that `streamlit run` serves: sets up the window and shows the screen the address names."""

from __future__ import annotations

import streamlit as st

from dashboard.screens import alert, parts, queue, routes, sign_in


def main() -> None:
    # A local icon: the default one, and every :material/…: icon, is fetched from outside.
    st.set_page_config(page_title="undertow", page_icon=str(parts.ASSETS / "icon.png"), layout="wide")
    sign_in.actor()
    routes.arrive()
    key = routes.asked()
    if key is None:
        queue.show()
    else:
        alert.show(key)


if __name__ == "__main__":
    main()
