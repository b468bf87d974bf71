"""Routes of ratings: a company's status for a platform, published fact tables with proofs of rows, rule sets, figures as CSV."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from collections.abc import Iterable
from functools import lru_cache
from typing import Any, Final

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from ..courier.document import make_document
from ..courier.errors import CreditError
from ..courier.published import published_value
from ..courier.row import parcel_hash
from ..courier.rulebook import named_by, packaged, rule_set
from ..courier.standing_page import Decision
from ..courier.table_proof import prove_row
from ..ledger.canonical import dump
from ..ledger.errors import Refused
from .bulletins import Bulletins
from .bundles import bundle_of
from .packing import packed
from .products import company_key, waybill_key
from .ratings import Ratings, ratings_of
from .read import LONG_CACHE, service_of
from .stories import stories_of
from .write import answer

router = APIRouter(prefix="/v1", tags=["ratings"])

CHECK_WEIGHTS: Final = {"A": "0.5", "B": "1", "C": "2", "D": "4", "": "1"}  # for random checks, domain.md 4.2
WHAT: Final = "Service rating under a published rule; not a credit report, not an official list."
NDJSON: Final = "application/x-ndjson"
CSV: Final = "text/csv; charset=utf-8"


@router.get("/couriers/{uscc}/status")
def get_status(request: Request, uscc: str) -> Response:
    """What a platform asks before it takes a courier on: grade, colour, lists and their legal basis, as of when.

    404 for a company that this book does not know; never an answer that could be taken for a good one. A company without a
    publication has `rating` null.
    """
    service = service_of(request)
    stories = stories_of(service)
    found = stories.courier(company_key(uscc))
    if found is None:
        raise Refused("not-found", "no courier company with this code is recorded here; that is neither good nor bad")
    ratings = ratings_of(service)
    published, standing = ratings.published(uscc), ratings.standing(uscc)
    at = stories.published
    value: dict[str, Any] = {
        "v": 1,
        "company": uscc,
        "name": found.company.party.name.text,
        "registration": found.company.status,
        "rating": published_value(published[-1]) if published else None,
        "check_weight": CHECK_WEIGHTS[published[-1].grade if published else ""],
        "lists": [_decided(one) for one in standing.decisions if one.kind == "list"],
        "decisions": [_decided(one) for one in standing.decisions if one.kind != "list"],
        "warnings": [
            {"entry": one.ref.statement, "grounds": list(one.grounds), "last": one.last, "answers": len(one.answers)}
            for one in standing.warnings
        ],
        "in_dispute": [{"entry": one.ref.statement, "due_ms": one.due_ms, "overdue": one.overdue} for one in standing.disputes],
        "parcels_in_dispute": {"waiting": standing.parcel_disputes, "overdue": standing.parcel_overdue},
        "what": WHAT,
        "as_of": {"epoch": at.epoch, "size": at.size, "time_ms": at.at_ms},
    }
    return answer(value)


def _decided(row: Decision) -> dict[str, Any]:
    """A decision with what a platform has to know of it: by whom, on what legal basis, for how long."""
    value: dict[str, Any] = {
        "kind": row.kind, "code": row.code, "authority": row.by.actor, "number": row.number, "basis": row.basis,
        "decided": row.decided, "first": row.first, "last": row.last, "entry": row.ref.statement,
        "in_dispute": bool(row.disputes),
    }  # fmt: skip
    return value | ({"degree": row.degree, "red": row.red} if row.degree else {})


@router.get("/couriers/{uscc}/rating", response_class=Response)
def get_document(request: Request, uscc: str) -> Response:
    """The newest published rating as one file that is checked offline; docs/formats/rating-document.md says how."""
    service = service_of(request)
    ratings, published = ratings_of(service), ratings_of(service).published(_known(request, uscc))
    if not published:
        raise Refused("not-found", "no rating of this company is published yet")
    bundle = bundle_of(service, f"s:uscc:{uscc}")
    found = ratings.score(uscc, published[-1])
    index = ratings.shelf.file(published[-1].table, "index")
    if found is None or index is None:
        raise Refused("table-busy", "the fact table is being made from the entries of the company")
    named = {"content-disposition": f'attachment; filename="{uscc}.rating.json"', "cache-control": "no-cache"}
    return packed(request, make_document(uscc, bundle, found.facts, index), named | {"content-type": "application/json"})


@router.get("/rules/{version}")
def get_rules(request: Request, version: str) -> Response:
    """The three files of a rule set as one canonical value; its digest is the one that scores and fact tables cite."""
    return packed(request, _rules(version), {"content-type": "application/json", "cache-control": LONG_CACHE})


@lru_cache(maxsize=16)
def _rules(version: str) -> bytes:
    try:
        rule_set(version)
        raw = packaged(version)
        benchmarks, days = named_by(raw)
        return dump(
            {
                "benchmarks": json.loads(packaged(benchmarks)),
                "day_weights": json.loads(packaged(days)),
                "rules": json.loads(raw),
            }
        )
    except CreditError as error:
        raise Refused("not-found", "no rule set of this version comes with this program") from error


@router.get("/couriers/{uscc}/facts")
def get_tables(request: Request, uscc: str) -> Response:
    """Fact tables of a company's publications, the newest first."""
    rows = ratings_of(service_of(request)).published(_known(request, uscc))
    place = f"/v1/couriers/{uscc}/facts"
    return answer({"tables": [published_value(row) | {"path": f"{place}/{row.table}"} for row in reversed(rows)]})


@router.get("/couriers/{uscc}/facts/{root}/table.zip")
def get_zip(request: Request, uscc: str, root: str) -> Response:
    """A whole fact table; unpacked into a folder, `suxin courier score FOLDER` scores it."""
    ratings = _made(request, uscc, root)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in ("index", *ratings.shelf.sections(root)):
            entry = zipfile.ZipInfo(f"{name}.ndjson", (2000, 1, 1, 0, 0, 0))  # the same bytes for whoever asks
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, ratings.shelf.file(root, name) or b"")
    named = {"content-disposition": f'attachment; filename="{uscc}-{root[:8]}.zip"', "cache-control": LONG_CACHE}
    return Response(out.getvalue(), media_type="application/zip", headers=named)


@router.get("/couriers/{uscc}/facts/{root}/row")
def get_row(
    request: Request,
    uscc: str,
    root: str,
    parcel: str = Query("", max_length=43, description="`parcel` of the row"),
    ref: str = Query("", max_length=22, description="or the reference of the waybill, 22 characters"),
) -> Response:
    """One parcel's row of a published fact table with its proof; docs/formats/fact-table.md says how to check it.

    `told` is not in the table: whether an objection to something about this parcel is being handled now (异议处理中).
    """
    ratings = _made(request, uscc, root)
    wanted = parcel_hash(waybill_key(uscc, ref)) if ref else parcel
    files = {name: ratings.shelf.file(root, name) or b"" for name in ("index", *ratings.shelf.sections(root))}
    found = prove_row(files, wanted)
    if found is None:
        raise Refused("not-found", "this table has no row for this parcel")
    in_dispute = any(parcel_hash(one.waybill) == wanted for one in ratings.objections(uscc))
    return answer(found | {"table": root, "told": {"in_dispute": in_dispute}})


@router.get("/couriers/{uscc}/facts/{root}/{name}.ndjson")
def get_section(request: Request, uscc: str, root: str, name: str) -> Response:
    """Index or one section of a published fact table."""
    raw = _made(request, uscc, root).shelf.file(root, name)
    if raw is None:
        raise Refused("not-found", "this table has no such section")
    return packed(request, raw, {"content-type": NDJSON, "cache-control": LONG_CACHE})


def _known(request: Request, uscc: str) -> str:
    if stories_of(service_of(request)).courier(company_key(uscc)) is None:
        raise Refused("not-found", "no courier company with this code is recorded here")
    return uscc


def _made(request: Request, uscc: str, root: str) -> Ratings:
    """The ratings, once the table of that root is at hand.

    Raises:
        Refused: `not-found`: nothing with this root was published; `table-busy`: it is being made.
    """
    ratings = ratings_of(service_of(request))
    published = next((row for row in ratings.published(_known(request, uscc)) if row.table == root), None)
    if published is None:
        raise Refused("not-found", "no publication of this company carries a fact table with this root")
    if not ratings.make(uscc, published):
        raise Refused("table-busy", "the fact table is being made from the entries of the company")
    return ratings


@router.get("/bulletins")
def get_bulletins(request: Request) -> Response:
    """Months whose bulletin this server has made, the newest first."""
    months = Bulletins(service_of(request).settings.data).months()
    return answer({"bulletins": [{"month": month, "path": f"/v1/bulletins/{month}"} for month in months]})


@router.get("/bulletins/{month}", response_class=Response)
def get_bulletin(request: Request, month: str) -> Response:
    """What stood about every courier company at a month's end, signed; docs/formats/bulletin.md says how to check it."""
    raw = Bulletins(service_of(request).settings.data).read(month)
    if raw is None:
        raise Refused("not-found", "no bulletin of this month was made here; a month is named YYYY-MM")
    named = {"content-disposition": f'attachment; filename="bulletin-{month}.json"', "cache-control": "no-cache"}
    return packed(request, raw, named | {"content-type": "application/json"})


@router.get("/couriers/{uscc}/history.csv")
def get_history(request: Request, uscc: str) -> Response:
    """Every publication of a company as CSV, the oldest first."""
    rows = ratings_of(service_of(request)).published(_known(request, uscc))
    head = ("as_of", "score", "low", "high", "grade", "colour", "near", "confidence", "rules", "size", "table", "publication")
    return _csv(
        head,
        (
            (r.as_of, r.score, r.low, r.high, r.grade or "none", r.colour, int(r.near), r.confidence, r.rules, r.size, r.table,
             r.ref.statement)
            for r in rows
        ),
        f"{uscc}-history",
    )  # fmt: skip


@router.get("/couriers/{uscc}/indicators.csv")
def get_indicators(request: Request, uscc: str) -> Response:
    """The lines of the newest publication as CSV."""
    rating = ratings_of(service_of(request)).rating(_known(request, uscc))
    figures = ("x", "n", "raw", "used", "low", "high", "floor", "benchmark", "target", "weight", "points", "own")
    head = ("id", "unit", *figures, "found")
    lines = () if rating is None else rating.lines
    return _csv(
        head,
        ((*(getattr(line, name) for name in head[:-1]), " ".join(line.found)) for line in lines),
        f"{uscc}-indicators",
    )


@router.get("/couriers/{uscc}/times.csv")
def get_times(request: Request, uscc: str) -> Response:
    """The histogram of delivery times as CSV: hours from, hours until (empty for the last bar), on time, late."""
    found = stories_of(service_of(request)).courier(_known(request, uscc))
    assert found is not None
    rows = ((bar.from_h, "" if bar.until_h is None else bar.until_h, bar.on_time, bar.late) for bar in found.times.bins)
    return _csv(("from_h", "until_h", "on_time", "late"), rows, f"{uscc}-times")


def _csv(head: Iterable[str], rows: Iterable[Iterable[object]], name: str) -> Response:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")  # RFC 4180
    writer.writerow(head)
    writer.writerows(rows)
    named = {"content-disposition": f'attachment; filename="{name}.csv"', "cache-control": "no-cache", "content-type": CSV}
    return Response(out.getvalue(), headers=named)
