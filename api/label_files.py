"""Labels as files: one code as SVG or PNG, many as a sheet to print, HTML or PDF, and the list of what was made.

A file is written whole or not at all. What holds tear-off codes is readable by its owner only. Source: ui.md section 4.
"""

from __future__ import annotations

import csv
import io
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from ..client.table_text import table_text
from ..ledger.errors import StoreError
from ..ledger.note import VerifierKey
from ..ledger.store.files import replace_file
from ..trace.label import Label, draw_labels
from ..trace.qr import draw_qr
from .render import template

A_SHEET: Final = 14  # two columns of seven, each label with its tear-off part
MODULES_MAX: Final = 56  # of a code of 22.5 mm: a module is 0.40 mm at least, or printers smear it
LABELS_MAX: Final = 10_000
COLUMNS: Final = ("item", "link", "claim", "parcel_claim")
_SECRET: Final = 0o600
_NEEDED: Final = "4e2d"  # 中: a font without it prints boxes


def sheet(labels: Sequence[Label], key: VerifierKey, lang: str) -> str:
    """A document of sheets, A4.

    Args:
        labels: At least one.
        key: Of the log: origin and key id stand under each code, so that nobody is led to another book.
        lang: Language of the words.

    Raises:
        StoreError: An address is too long to be printed.
    """
    codes = draw_labels([label.link for label in labels])
    claims = draw_labels([label.claim_link for label in labels if label.claim_link])
    widest = max((*codes, *claims), key=lambda code: code.size)
    if widest.size > MODULES_MAX:
        raise StoreError(f"an address of {len(widest.text)} characters is too fine for a label; use a shorter host")
    torn = iter(claims)
    rows = [(label, code, next(torn) if label.claim_link else None) for label, code in zip(labels, codes, strict=True)]
    sheets = [rows[at : at + A_SHEET] for at in range(0, len(rows), A_SHEET)]
    page = {"sheets": sheets, "origin": key.name, "key": key.key_id.hex()}
    return template("label_sheet.html", lang).render(page=page, lang=lang)


def write_labels(labels: Sequence[Label], out: Path, key: VerifierKey, lang: str) -> None:
    """Write labels in the form that a file's name asks for: .svg and .png hold one code, .html and .pdf sheets.

    Raises:
        StoreError: Another form, many labels for one code, no means to make a PDF, or the disk is full.
    """
    form = out.suffix.lower()
    if form in (".svg", ".png"):
        if len(labels) != 1:
            raise StoreError(f"{out.name} holds one code; write a sheet for {len(labels)}: .html or .pdf")
        code = draw_qr(labels[0].link)
        data = code.svg().encode() if form == ".svg" else code.png()
    elif form == ".html":
        data = sheet(labels, key, lang).encode()
    elif form == ".pdf":
        data = _pdf(sheet(labels, key, lang))
    else:
        raise StoreError(f"{out}: labels are written as .svg, .png, .html or .pdf")
    try:
        replace_file(out, data, _SECRET)
    except OSError as error:
        raise StoreError(f"{out} cannot be written: {error.strerror}") from error


def write_list(labels: Sequence[Label], out: Path) -> None:
    """Write what a shop's own programs need of its labels: keys and public halves, no secret.

    Raises:
        StoreError: The disk is full.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    writer.writerows((label.item, label.link, label.claim, label.parcel_claim) for label in labels)
    try:
        replace_file(out, text.getvalue().encode(), 0o644)
    except OSError as error:
        raise StoreError(f"{out} cannot be written: {error.strerror}") from error


def read_items(path: Path) -> list[tuple[str, str]]:
    """Item and lot of each row of a CSV file with the columns `item` and, where there are lots, `lot`.

    Raises:
        StoreError: The file cannot be read, or has no such column, or more than 10,000 rows.
    """
    try:
        rows = list(csv.DictReader(table_text(path.read_bytes()).splitlines()))
    except (OSError, UnicodeError, csv.Error) as error:
        raise StoreError(f"{path} cannot be read as a CSV file in UTF-8 or GB 18030: {error}") from error
    if not rows or "item" not in rows[0]:
        raise StoreError(f"{path} has no column `item`, or no row under it")
    if len(rows) > LABELS_MAX:
        raise StoreError(f"{path} has {len(rows)} rows; at most {LABELS_MAX} at a time")
    return [((row["item"] or "").strip(), (row.get("lot") or "").strip()) for row in rows]


def _pdf(html: str) -> bytes:
    if not _has_font():
        raise StoreError("no font here has Chinese characters, and the labels would show boxes; install one, as fonts-noto-cjk")
    try:
        from weasyprint import HTML
    except (ImportError, OSError) as error:
        raise StoreError(
            "PDF needs the extra suxin[pdf] and the system's Pango (libpango-1.0-0, libpangoft2-1.0-0); "
            "or write .html and print it"
        ) from error
    data: bytes = HTML(string=html).write_pdf()
    return data


def _has_font() -> bool:
    """Whether the machine can print the words; fontconfig knows, and WeasyPrint asks it as well."""
    found = shutil.which("fc-list")
    if found is None:
        return False
    listed = subprocess.run([found, f":charset={_NEEDED}", "file"], capture_output=True, check=False)  # noqa: S603 - no input in it
    return bool(listed.stdout.strip())
