"""The page that describes the API, made of its OpenAPI description: no script, nothing from elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from typing import Any

POLICY = "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
STYLE = """
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
body { max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
code { font-family: ui-monospace, monospace; }
h2 { margin-top: 2.5rem; }
article { border-top: 1px solid; padding: .5rem 0 1rem; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; padding: .25rem .75rem .25rem 0; vertical-align: top; }
"""


def page(api: dict[str, Any]) -> str:
    """All of the description on one page."""
    told = api["info"]
    schemas = api["components"]["schemas"]
    body = "\n".join((*_operations(api["paths"]), "<h2>Values</h2>", *_schemas(schemas)))
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width">'
        f'<title>{escape(told["title"])}</title><link rel="stylesheet" href="docs.css"></head><body>'
        f"<h1>{escape(told['title'])} {escape(told['version'])}</h1>{_prose(told['description'])}"
        f'<p>The same for programs: <a href="openapi.json">openapi.json</a></p>{body}</body></html>'
    )


def _operations(paths: dict[str, Any]) -> Iterator[str]:
    tag = None
    for path, methods in paths.items():
        for method, told in methods.items():
            if told["tags"][0] != tag:
                tag = told["tags"][0]
                yield f"<h2>{escape(tag)}</h2>"
            yield (
                f"<article><h3><code>{method.upper()} {escape(path)}</code></h3>"
                f"{_prose(told.get('description', ''))}{_parameters(told.get('parameters', []))}"
                f"{_answer(told)}</article>"
            )


def _parameters(given: list[dict[str, Any]]) -> str:
    rows = [
        f"<tr><td><code>{escape(each['name'])}</code></td><td>{each['in']}</td>"
        f"<td>{_type(each['schema'])}</td><td>{escape(each.get('description', ''))}</td></tr>"
        for each in given
    ]
    return f"<table>{_head('name', 'in', 'type', 'meaning')}{''.join(rows)}</table>" if rows else ""


def _head(*names: str) -> str:
    return "<tr>" + "".join(f'<th scope="col">{name}</th>' for name in names) + "</tr>"


def _answer(told: dict[str, Any]) -> str:
    for status, answer in told["responses"].items():
        if status.startswith("2"):
            content = answer.get("content", {}).get("application/json")
            return f"<p>{status}: {_type(content['schema']) if content else 'a stream of events'}</p>"
    return ""


def _schemas(schemas: dict[str, Any]) -> Iterator[str]:
    for name, told in schemas.items():
        rows = "".join(
            f"<tr><td><code>{escape(key)}</code></td><td>{_type(kind)}</td></tr>"
            for key, kind in told.get("properties", {}).items()
        )
        yield (
            f'<article id="{escape(name)}"><h3>{escape(name)}</h3>{_prose(told.get("description", ""))}'
            f"<table>{_head('key', 'type')}{rows}</table></article>"
        )


def _type(schema: dict[str, Any]) -> str:
    if "$ref" in schema:
        name = escape(schema["$ref"].rsplit("/", 1)[-1])
        return f'<a href="#{name}">{name}</a>'
    if "anyOf" in schema:
        return " or ".join(map(_type, schema["anyOf"]))
    if schema.get("type") == "array":
        return f"list of {_type(schema['items'])}"
    if "enum" in schema:
        return ", ".join(f"<code>{escape(str(each))}</code>" for each in schema["enum"])
    if isinstance(inner := schema.get("additionalProperties"), dict):
        return f"names to {_type(inner)}"
    return escape(str(schema.get("type", "any")))


def _prose(text: str) -> str:
    return "".join(f"<p>{escape(' '.join(each.split()))}</p>" for each in text.split("\n\n") if each.strip())
