"""Reports and photos beside the book: a page that holds a reader's file against the record, and the files that this server has.

The book names such files by SHA-256 alone. The file that a reader chooses is hashed on her device and sent nowhere. A server may
hand files out: whoever runs it puts them into `papers/` of the data folder, each named by its SHA-256 in hexadecimal.
What it hands out proves nothing by itself; the reader's device compares. Source: docs/guide/papers.md.
"""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Final

from fastapi import APIRouter, Request
from fastapi.responses import FileResponse, Response

from ..ledger.errors import Refused
from ..trace.papers import PapersPage, papers_of
from .pages import in_both_languages, show
from .products import item_key, waybill_key
from .read import service_of
from .render import split_language
from .service import Service
from .stories import stories_of

router = APIRouter(include_in_schema=False)
PAPER_BYTES_MAX: Final = 64 * 1024 * 1024  # a report of many pages, scanned in colour; what is larger is not handed out
_NAME: Final = re.compile(r"[0-9a-f]{64}(\.[a-z0-9]{1,5})?\Z")


def papers_folder(service: Service) -> Path:
    """Where the files lie; it need not be there."""
    return service.settings.data / "papers"


def find_paper(folder: Path, sha256: str) -> Path | None:
    """The file named by this hash, or None: none is there, or it is too large."""
    if not re.fullmatch(r"[0-9a-f]{64}", sha256):
        return None
    found = sorted(path for path in folder.glob(f"{sha256}*") if _NAME.match(path.name))
    return found[0] if found and found[0].is_file() and found[0].stat().st_size <= PAPER_BYTES_MAX else None


@in_both_languages("/papers/01/{gtin}/21/{serial}", router)
@in_both_languages("/papers/s/{uscc}/{sku}/21/{serial}", router)
def get_papers(request: Request) -> Response:
    """Files that the record of an item names."""
    item = item_key(split_language(request.url.path)[1].removeprefix("/papers/"))
    page = stories_of(service_of(request)).trace(item)
    if page is None:
        raise Refused("not-found", "nothing is recorded about this item here")
    model = PapersPage(f"/papers{page.path}", page.path, page.name, (), f"/v1/products{page.path}/bundle")
    return _show(request, f"p:{item}", model)


@in_both_languages("/papers/w/{carrier}/{ref}", router)
def get_parcel_papers(request: Request) -> Response:
    """Files that the record of a parcel names."""
    waybill = waybill_key(request.path_params["carrier"], request.path_params["ref"])
    page = stories_of(service_of(request)).waybill(waybill)
    if page is None:
        raise Refused("not-found", "nothing is recorded about this waybill here")
    title = replace(page.carrier.name, text="", english="")
    return _show(
        request, f"w:{waybill}", PapersPage(f"/papers{page.path}", page.path, title, (), f"/v1/waybills/{waybill}/bundle")
    )


def _show(request: Request, stream: str, model: PapersPage) -> Response:
    service = service_of(request)
    material = stories_of(service).material(stream)
    folder = papers_folder(service)
    shown = () if material is None else papers_of(material)
    papers = tuple(replace(one, is_here=find_paper(folder, one.sha256) is not None) for one in shown)
    return show(request, "papers.html", replace(model, papers=papers))


@router.get("/v1/papers/{sha256}")
def get_paper(request: Request, sha256: str) -> Response:
    """A file by its hash, as it lies in the folder: whoever takes it compares."""
    path = find_paper(papers_folder(service_of(request)), sha256)
    if path is None:
        raise Refused("not-found", "this server has no file of that hash; ask who signed the entry that names it")
    # Never shown as a page of this site, whatever is in it; nor kept by a browser, for nobody has compared it yet.
    sent = {
        "cache-control": "no-store",
        "x-content-type-options": "nosniff",
        "content-security-policy": "sandbox; default-src 'none'",
    }
    return FileResponse(path, media_type="application/octet-stream", filename=path.name[:12] + path.suffix, headers=sent)
