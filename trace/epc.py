"""EPC names, `urn:epc:id:sgtin:4012345.011111.98`, as the Digital Link elements that say the same. Read only, never written.

A company prefix and a reference, divided by dots, become a GS1 key with its check digit. Source: EPC Tag Data Standard 2.1, 6.3.
"""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import unquote

from stdnum.ean import calc_check_digit

from ..ledger.errors import Refused
from .link import Link, build_link

_URN = re.compile(r"urn:epc:(id|class|idpat):([a-z]+):([!-~]+)")


def _key(digits: str) -> str:
    return digits + calc_check_digit(digits)


def _trade_item(prefix: str, reference: str) -> str:
    """A GTIN: the indicator digit goes to the front."""
    return _key(reference[:1] + prefix + reference[1:])


def _element(scheme: str, fields: list[str]) -> list[tuple[str, str]]:
    """The elements of one name; raises ValueError or IndexError for too few or too many fields."""
    prefix, rest = fields[0], fields[1:]
    if scheme in ("giai", "ginc"):
        (reference,) = rest
        return [({"giai": "8004", "ginc": "401"}[scheme], prefix + unquote(reference))]
    if scheme == "cpi":
        reference, serial = rest
        return [("8010", prefix + unquote(reference)), *_given("8011", serial)]
    if scheme in ("sscc", "gsrn", "gsrnp", "gsin", "pgln"):
        (reference,) = rest
        code = {"sscc": "00", "gsrn": "8018", "gsrnp": "8017", "gsin": "402", "pgln": "417"}[scheme]
        return [(code, _trade_item(prefix, reference) if scheme == "sscc" else _key(prefix + reference))]
    if scheme == "itip":
        reference, piece, total, serial = rest
        return [("8006", _trade_item(prefix, reference) + piece + total), *_given("21", serial)]
    reference, serial = rest
    if scheme in ("grai", "gdti", "sgcn"):
        code, filler = {"grai": ("8003", "0"), "gdti": ("253", ""), "sgcn": ("255", "")}[scheme]
        return [(code, filler + _key(prefix + reference) + ("" if serial == "*" else unquote(serial)))]
    if scheme == "sgln":
        return [("414", _key(prefix + reference)), *([] if serial == "0" else _given("254", serial))]
    return [("01", _trade_item(prefix, reference)), *_given({"sgtin": "21", "upui": "235", "lgtin": "10"}[scheme], serial)]


def _given(code: str, serial: str) -> list[tuple[str, str]]:
    return [] if serial == "*" else [(code, unquote(serial))]


_SCHEMES: Final = (
    "sgtin", "upui", "lgtin", "sscc", "sgln", "pgln", "grai", "giai", "gsrn", "gsrnp", "gdti", "sgcn", "cpi", "ginc", "gsin",
    "itip",
)  # fmt: skip


def parse_epc(text: str) -> Link:
    """Read an EPC name.

    Raises:
        Refused: `link-malformed`.
    """
    match = _URN.fullmatch(text)
    if match is None or match[2] not in _SCHEMES:
        raise Refused("link-malformed", "this is no EPC name of a GS1 key, as urn:epc:id:sgtin:4012345.011111.98")
    try:
        return build_link(_element(match[2], match[3].split(".")), shape_only=True)
    except (ValueError, IndexError, KeyError) as error:
        raise Refused("link-malformed", f"an EPC name of scheme {match[2]} has other fields") from error
