"""The interface for those who program against it: `/docs`, a page without scripts, and the row of each problem type."""

from __future__ import annotations

import json
from html import escape
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response

from ..ledger.errors import Refused
from ..ledger.problems import PROBLEMS
from .problems import TRANSPORT, status_of
from .render import STYLES, headers, static_url
from .write import answer

router = APIRouter(tags=["reference"])


@router.get("/problems/{code}")
async def get_problem(code: str) -> Response:
    """What a problem type means, and what to do about it."""
    row = PROBLEMS.get(code) or TRANSPORT.get(code)
    if row is None:
        raise Refused("not-found", "there is no such problem type; docs/problems.md lists them")
    return answer({"type": f"/problems/{code}", "title": row.title, "status": status_of(code), "cure": row.cure})


@router.get("/docs", include_in_schema=False)
async def get_docs(request: Request) -> Response:
    """Every address with its parameters and answers, and every schema, out of `/openapi.json`."""
    return Response(_page(request.app.openapi()), headers=headers("en"))


def _page(contract: dict[str, Any]) -> str:
    operations = [
        (method.upper(), path, operation) for path, methods in contract["paths"].items() for method, operation in methods.items()
    ]
    schemas = contract["components"]["schemas"]
    title = f"{contract['info']['title']} HTTP"
    return "\n".join(
        [
            '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width,initial-scale=1">',
            f"<title>{escape(title)}</title>",
            *(f'<link rel="stylesheet" href="{escape(static_url(name))}">' for name in STYLES),
            '</head>\n<body>\n<main class="wrap">',
            f"<h1>{escape(title)}</h1>",
            f"<p>{escape(contract['info']['summary'])}. Version {escape(contract['info']['version'])}. "
            'For programs: <a href="/openapi.json">openapi.json</a>.</p>',
            "<p>Every refusal is a problem (RFC 9457, <code>application/problem+json</code>) with a stable type, a pointer and "
            "a cure; <code>GET</code> of the type explains it.</p>",
            "<h2>Addresses</h2>",
            *(_operation(*row) for row in operations),
            "<h2>Schemas</h2>",
            *(
                f'<section id="{escape(name)}"><h3>{escape(name)}</h3>{_pre(schema)}</section>'
                for name, schema in schemas.items()
            ),
            "</main>\n</body>\n</html>\n",
        ]
    )


def _operation(method: str, path: str, operation: dict[str, Any]) -> str:
    parts = [f"<section><h3><code>{method} {escape(path)}</code></h3>", f"<p>{escape(operation.get('description', ''))}</p>"]
    given = operation.get("parameters", [])
    if given:
        rows = "".join(
            f"<li><code>{escape(p['name'])}</code> ({escape(p['in'])}{', required' if p['required'] else ''}) "
            f"<code>{escape(json.dumps({k: v for k, v in p['schema'].items() if k != 'title'}))}</code></li>"
            for p in given
        )
        parts.append(f"<ul>{rows}</ul>")
    for media, content in operation.get("requestBody", {}).get("content", {}).items():
        parts.append(f"<p>Body: <code>{escape(media)}</code></p>{_pre(content['schema'])}")
    answers = "".join(
        f"<li>{escape(status)}: {escape(media)} {_link(content['schema'])}</li>"
        for status, row in operation["responses"].items()
        for media, content in row["content"].items()
    )
    return "".join([*parts, f"<ul>{answers}</ul></section>"])


def _link(schema: dict[str, Any]) -> str:
    name = str(schema.get("$ref", "")).rpartition("/")[2]
    return f'<a href="#{escape(name)}">{escape(name)}</a>' if name else ""


def _pre(schema: dict[str, Any]) -> str:
    return f"<pre><code>{escape(json.dumps(schema, indent=1, ensure_ascii=False))}</code></pre>"
