"""Keys live in URLs: everything that is printed, recorded or raised goes through `redact` first."""

from urllib.parse import urlsplit


def redact(url: str) -> str:
    """Scheme, host and port of `url`, without user, password, path and query. A file URL keeps its path."""
    parts = urlsplit(url)
    if not parts.hostname:
        return url if parts.scheme.startswith("sqlite") else f"{parts.scheme}://…" if parts.scheme else "…"
    port = f":{parts.port}" if parts.port else ""
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return f"{parts.scheme}://{host}{port}"
