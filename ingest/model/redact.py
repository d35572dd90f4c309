"""Keys live in URLs: everything that is printed, recorded or raised goes through `redact` first; what a node
wrote itself goes through `shown`.
"""

from urllib.parse import urlsplit


def redact(url: str) -> str:
    """Scheme, host and port of `url`, without user, password, path and query. A file URL keeps its path."""
    try:
        parts = urlsplit(url)
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        return "…"  # its host or its port is none
    if not parts.hostname:
        return url if parts.scheme.startswith("sqlite") else f"{parts.scheme}://…" if parts.scheme else "…"
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return f"{parts.scheme}://{host}{port}"


def shown(text: str, most: int = 200) -> str:
    """Somebody else's words as one line of at most `most` letters, spaces for what is not printable."""
    plain = "".join(letter if letter.isprintable() else " " for letter in text[:most])
    return plain if len(text) <= most else plain + "…"
