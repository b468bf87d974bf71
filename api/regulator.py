"""Pages for a regulator: complaints that were passed on, each with its evidence package. By the auditor's credential."""

from __future__ import annotations

import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import Any

import orjson
from fastapi import APIRouter, Request
from fastapi.responses import Response

from ..ledger.errors import Refused
from .cases import CaseRow, cases_of, rows_of
from .credentials import require_entries
from .package_make import Query
from .package_run import pack
from .pages import in_both_languages, prefers_json, show
from .read import service_of
from .site import CasesPage
from .stories import stories_of

router = APIRouter(include_in_schema=False)


def cases_page(request: Request) -> CasesPage:
    """Escalated complaints as of the published state, as far as the book was looked through."""
    service = service_of(request)
    stories, cases = stories_of(service), cases_of(service)
    published = stories.published
    looked = cases.look(published.size)
    rows = rows_of(stories, [entry for entry in cases.escalated(published.at_ms) if entry.index < published.size])
    return CasesPage(tuple(rows), looked, published.size)


@in_both_languages("/regulator/cases", router)
def get_cases(request: Request) -> Response:
    """The list."""
    kept = require_entries(request, service_of(request))
    page = cases_page(request)
    more = {"cache-control": "no-cache" if kept == "public" else "no-store"}
    if prefers_json(request):
        told = {"cases": [_told(row) for row in page.rows], "looked_through": page.looked, "size": page.size}
        return Response(orjson.dumps(told), media_type="application/json", headers=more)
    return show(request, "cases.html", page, more=more)


def _told(row: CaseRow) -> dict[str, Any]:
    return {
        "case": row.entry.name, "index": row.entry.index, "subject": row.subject, "category": row.category,
        "against": row.against, "asked": asdict(row.asked) if row.asked is not None else None, "state": row.state,
        "filed_ms": row.filed_ms, "decision_due_ms": row.due_ms, "overdue": row.overdue,
        "evidence": f"/regulator/cases/{row.entry.index}/evidence.zip",
    }  # fmt: skip


@router.api_route("/regulator/cases/{index}/evidence.zip", methods=["GET", "HEAD"])
def get_evidence(request: Request, index: int) -> Response:
    """What `suxin evidence` packs about the product or parcel of an escalated case; texts in the vault are not in it."""
    service = service_of(request)
    require_entries(request, service)
    row = next((row for row in cases_page(request).rows if row.entry.index == index), None)
    if row is None:
        raise Refused("not-found", "no complaint with this number is with the regulator")
    kind = "waybill" if "waybill" in row.entry.statement.subjects else "product"
    query = Query(**{kind: row.subject}, words={kind: row.subject})  # type: ignore[arg-type]
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "evidence.zip"
        pack(service.book, query, out)
        raw = out.read_bytes()
    name = f'attachment; filename="suxin-case-{index}.zip"'
    return Response(raw, media_type="application/zip", headers={"content-disposition": name, "cache-control": "no-store"})
