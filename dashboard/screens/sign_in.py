"""Who looks at a page: asked for a password, or sent to the provider, where people have to sign in."""

from __future__ import annotations

import ipaddress
import os
from pathlib import Path
from typing import NoReturn

import streamlit as st
from streamlit.runtime import Runtime, exists, get_instance

from dashboard.accounts.entry import LOCAL_ONLY, Entry, Provider
from dashboard.screens import parts
from dashboard.store import LOCAL, Actor, Desk, NotAllowed, open_desk
from ingest.model.errors import UndertowError

USERS_SETTING = "UNDERTOW_USERS"
_PERSON = "person"
"""Session key of who signed in, and by what proof."""


def actor() -> Actor:
    """Who looks at this page, with the role that they have now. Until somebody has signed in, this draws the
    form for it instead, and ends the drawing. To be called at the beginning of a page, and again by whatever
    is about to write: who was removed meanwhile writes nothing.
    """
    entry = _entry(os.environ.get(USERS_SETTING, ""))
    try:
        return _open_to_this_machine() if entry.is_open else _signed_in(entry) or _ask(entry)
    except UndertowError as error:
        parts.style()
        parts.tell(error)
        if not entry.is_open and _is_known_to_provider():
            st.button("Sign out at the provider", on_click=st.logout)
        st.stop()


def desk() -> Desk:
    """What people change the store through. Raises StoreUnreachable or BadInput."""
    return _desk(os.environ.get(parts.STORE_SETTING, ""))


def sign_out() -> None:
    """Of this browser window; to be called in a button's handler."""
    st.session_state.pop(_PERSON, None)
    if _is_known_to_provider():
        st.logout()


@st.cache_resource(show_spinner=False)
def _entry(users: str) -> Entry:
    return Entry(Path(users)) if users else LOCAL_ONLY


@st.cache_resource(show_spinner=False)
def _desk(url: str) -> Desk:
    return open_desk(url)


def _open_to_this_machine() -> Actor:
    """Also where somebody started the app by hand: off this machine nobody comes in without signing in."""
    address = str(st.get_option("server.address") or "0.0.0.0")
    is_served = exists() and type(get_instance()) is Runtime
    if is_served and not ipaddress.ip_address(address).is_loopback:
        raise NotAllowed("nobody may come in from elsewhere without signing in: start `undertow dashboard`")
    return LOCAL


def _signed_in(entry: Entry) -> Actor | None:
    if _PERSON not in st.session_state and _is_known_to_provider():
        known = entry.from_provider(Provider(dict(st.user)))
        desk().signed_in(known, "provider")
        _remember(entry, known)
    if _PERSON not in st.session_state:
        return None
    now = entry.still(*st.session_state[_PERSON])
    if now is None:
        del st.session_state[_PERSON]
    return now


def _remember(entry: Entry, person: Actor) -> None:
    """For this window, until it is closed or loaded anew."""
    st.session_state[_PERSON] = (person, entry.proof_of(person))


def _ask(entry: Entry) -> NoReturn:
    parts.style()
    _, middle, _ = st.columns([1, 1, 1])
    with middle:
        st.html('<div class="u-top"><h1>Sign in</h1></div>')
        with st.form("sign-in"):
            name = st.text_input("Name", autocomplete="username")
            password = st.text_input("Password", type="password", autocomplete="current-password")
            sent = st.form_submit_button("Sign in", type="primary")
        if _has_provider() and st.button("Sign in at the provider"):
            st.login()
        if sent:
            _remember(entry, entry.sign_in(name, password, desk()))
            st.rerun()
    st.stop()


def _has_provider() -> bool:
    try:
        return "auth" in st.secrets
    except FileNotFoundError:
        return False


def _is_known_to_provider() -> bool:
    return _has_provider() and bool(st.user.is_logged_in)
