"""What somebody typed into the look-up box, as the path of a page."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import quote, unquote, urlencode, urlsplit

from stdnum import ean

from ..ledger.errors import Refused
from .stories import Stories

USCC: Final = r"[0-9A-HJ-NPQRTUWXY]{18}"
_BRACKETS = re.compile(r"\(01\)\s*(\d{8}|\d{12,14})\s*(?:\(10\)\s*[!-z]{1,20}?\s*)?\(21\)\s*([A-Za-z0-9._-]{1,20})\Z")
_LINK = re.compile(r"/01/(\d{8}|\d{12,14})(?:/10/[^/]{1,20})?/21/([^/]{1,20})\Z")
_OWN = re.compile(rf"/s/{USCC}/[^/]{{1,40}}/21/[^/]{{1,20}}\Z")
_WAYBILL = re.compile(rf"(?:/w)?/?({USCC})/([A-Za-z0-9_-]{{22}})\Z")
_COURIER = re.compile(rf"/couriers/({USCC})\Z")
_REF = re.compile(r"[A-Za-z0-9_-]{22}\Z")


def find_path(query: str, stories: Stories) -> str:
    """Unprefixed path of the page that a look-up asks for.

    Args:
        query: An address, the numbers under a code, a parcel's reference, a company's name or code.
        stories: To find a parcel by its reference alone, and companies.

    Raises:
        Refused: `check-digit`, `subject-malformed`.
    """
    try:
        text = unquote(urlsplit(query).path) if "://" in query else query
    except ValueError as error:
        raise Refused("subject-malformed", "not an address that anybody could open") from error
    text = re.sub(r"^/(?:zh-CN|en)(?=/)", "", text.strip())
    for pattern in (_LINK, _BRACKETS):
        if match := pattern.match(text):
            return item_path(match[1], match[2])
    if _OWN.match(text):
        return quote(text)
    if match := _WAYBILL.match(text):
        return f"/w/{match[1]}/{match[2]}"
    if match := _COURIER.match(text):
        return f"/couriers/{match[1]}"
    if re.fullmatch(USCC, text.upper()):
        return f"/couriers/{text.upper()}"
    if _REF.match(text) and (waybill := stories.find_waybill(text)):
        return f"/w/{waybill}"
    if any(text.casefold() in (r.party.name.text + " " + r.party.name.english).casefold() for r in stories.couriers()):
        return f"/couriers?{urlencode({'q': text})}"
    raise Refused("subject-malformed", "neither a code, nor a parcel, nor a courier company")


def item_path(gtin: str, serial: str) -> str:
    """Path of an item by its GTIN, which may be written with 8, 12, 13 or 14 digits.

    Raises:
        Refused: `check-digit`.
    """
    if not ean.is_valid(gtin):
        raise Refused("check-digit", "the GTIN's last digit does not fit the others")
    return f"/01/{gtin.zfill(14)}/21/{quote(serial)}"
