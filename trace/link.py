"""GS1 Digital Link: an address that carries a GS1 key, read strictly and written again. No compression.

`https://id.gs1.org/01/09506000134352/10/LOT1/21/ABC?17=261231` is key (01), qualifiers (10) and (21), attribute (17).
Source: GS1 Digital Link URI Syntax 1.4, the GS1 Barcode Syntax Dictionary, epcis.md 3.1; held to GS1's own vectors.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote, unquote_to_bytes

from ..ledger.errors import Refused
from .ai import check_company, check_value, identifiers

LINK_MAX: Final = 8_192  # characters; no key with all its attributes comes near
CANONICAL: Final = "https://id.gs1.org"
# Words that stood for identifiers until release 1.3; old labels carry them.
WORDS: Final = {
    "gtin": "01", "itip": "8006", "cpid": "8010", "cpv": "22", "lot": "10", "ser": "21", "sscc": "00", "gdti": "253",
    "gcn": "255", "ginc": "401", "gsin": "402", "gln": "414", "glnx": "254", "party": "417", "payTo": "415", "refNo": "8020",
    "grai": "8003", "giai": "8004", "cpsn": "8011", "gmn": "8013", "gsrnp": "8017", "gsrn": "8018", "srin": "8019", "tpx": "235",
}  # fmt: skip
# What says most exactly which thing is meant; the coarser ones beside it are left out of the constrained form.
_FINEST: Final = ("21", "235", "10", "254", "8011", "8019", "8020", "7040")
_NO_GTIN_LENGTHS: Final = (8, 12, 13)

_HOST = r"(?:\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._~-]+)"
_LINK = re.compile(
    rf"(?P<root>(?:http|HTTP|https|HTTPS)://{_HOST}(?::[0-9]{{1,5}})?)(?P<path>/[^?#]*)(?:\?(?P<query>[^#]*))?(?:#.*)?"
)
_ALLOWED = re.compile(r"(?:[A-Za-z0-9._~:/?#\[\]@!$&'()*+,;=-]|%[0-9A-Fa-f]{2})*")
_ELEMENT = re.compile(r"\(([0-9]{2,4})\)([^(]*(?:\((?![0-9]{2,4}\))[^(]*)*)")

Element = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Link:
    """What a Digital Link says.

    Attributes:
        root: Scheme and host as they stood, with whatever path came before the key; no slash at the end.
        key: The primary key: code and value.
        qualifiers: What stood behind it in the path, in order.
        attributes: Identifiers of the query, in order.
        others: Pairs of the query that are no identifiers, as they stood.
    """

    root: str
    key: Element
    qualifiers: tuple[Element, ...] = ()
    attributes: tuple[Element, ...] = ()
    others: tuple[str, ...] = ()

    @property
    def path(self) -> tuple[Element, ...]:
        """Key and qualifiers."""
        return (self.key, *self.qualifiers)


def parse_link(text: str, *, lenient: bool = False, unknown: bool = False, shape_only: bool = False) -> Link:
    """Read an address.

    Args:
        text: The address, at most 8,192 characters.
        lenient: Take what old labels carry: words for identifiers, and a GTIN of 8, 12 or 13 digits.
        unknown: Take numbers that no identifier has as attributes.
        shape_only: Leave check digits and dates inside values unasked, for names that others gave.

    Raises:
        Refused: `link-malformed`.
    """
    match = _LINK.fullmatch(text) if len(text) <= LINK_MAX and _ALLOWED.fullmatch(text) else None
    if match is None:
        raise _refuse("this is no address of a host with a path, without blanks and signs that must be escaped")
    segments = match["path"].split("/")[1:]
    start = _key_at(segments, lenient)
    stem = "".join(f"/{segment}" for segment in segments[:start])
    pairs = zip(segments[start::2], segments[start + 1 :: 2], strict=True)
    found = [(_code(name, lenient), _decode(value)) for name, value in pairs]
    attributes, others = _read_query(match["query"] or "")
    path = tuple((code, _widened(code, value, lenient)) for code, value in found)
    beside = tuple((code, _widened(code, value, lenient)) for code, value in attributes)
    link = Link(match["root"] + stem, path[0], path[1:], beside, others)
    _check(link, unknown, shape_only)
    return link


def build_link(elements: Sequence[Element], root: str = CANONICAL, *, unknown: bool = False, shape_only: bool = False) -> Link:
    """Arrange identifiers and their values as a Digital Link.

    The first primary key is the key; those that may follow it in the path do, in their order; all others are attributes, those
    of predefined length first.

    Args:
        elements: Codes and values, in any order; a pair may be repeated.
        root: Scheme, host and whatever path comes before the key.
        unknown: As of `parse_link`.
        shape_only: As of `parse_link`.

    Raises:
        Refused: `link-malformed`: no key among them, a value off its form, one that may not stand there, two values for one.
    """
    values: dict[str, str] = {}
    for code, value in elements:
        if values.setdefault(code, value) != value:
            raise _refuse(f"({code}) has two values")
    known = identifiers()
    key = next((code for code in values if (row := known.get(code)) is not None and row.qualifiers is not None), None)
    if key is None:
        raise _refuse("there is no primary key, as (01) or (00), among the identifiers")
    branches = known[key].qualifiers or ()
    branch = max(branches, key=lambda codes: len(values.keys() & set(codes)))
    behind = tuple((code, values[code]) for code in branch if code in values)
    beside = [(code, value) for code, value in values.items() if code not in {key, *branch}]
    beside.sort(key=lambda element: element[0] not in known or not known[element[0]].fixed)
    link = Link(root.rstrip("/"), (key, values[key]), behind, tuple(beside))
    _check(link, unknown, shape_only)
    return link


def parse_elements(text: str) -> tuple[Element, ...]:
    """Read what stands in letters under a code: `(01)09506000134352(21)ABC`.

    Raises:
        Refused: `link-malformed`.
    """
    found = tuple((match[1], match[2]) for match in _ELEMENT.finditer(text))
    if not found or "".join(f"({code}){value}" for code, value in found) != text:
        raise _refuse("an element string is (code)value, again and again")
    return found


def format_elements(link: Link) -> str:
    """The words under a code: `(01)09506000134352(21)ABC`."""
    return "".join(f"({code}){value}" for code, value in (*link.path, *link.attributes))


def format_link(link: Link) -> str:
    """The address that a link stands for, others of its query left out."""
    query = "&".join(f"{code}={escape(value, query=True)}" for code, value in link.attributes)
    return link.root + _path(link.path) + (f"?{query}" if query else "")


def canonical(link: Link) -> str:
    """The one spelling of a link: at `id.gs1.org`, attributes in order of their codes, nothing else in the query."""
    return format_link(Link(CANONICAL, link.key, link.qualifiers, tuple(sorted(link.attributes))))


def constrained(link: Link) -> str:
    """The name of the thing alone: no query, and of the qualifiers only the finest."""
    finest = next((element for code in _FINEST for element in link.qualifiers if element[0] == code), None)
    return CANONICAL + _path((link.key,) if finest is None else (link.key, finest))


def escape(value: str, *, query: bool = False) -> str:
    """Percent-encode all but letters, digits and `-._~`; a blank of a query is a plus."""
    whole = quote(value, safe="")
    return whole.replace("%20", "+") if query else whole


def _path(elements: Sequence[Element]) -> str:
    return "".join(f"/{code}/{escape(value)}" for code, value in elements)


def _code(name: str, lenient: bool) -> str:
    return WORDS.get(name, name) if lenient else name


def _key_at(segments: list[str], lenient: bool) -> int:
    """Where the rightmost pair that starts with a primary key stands."""
    known = identifiers()
    for at in range(len(segments) - 2, -1, -2):
        row = known.get(_code(segments[at], lenient))
        if row is not None and row.qualifiers is not None:
            return at
    raise _refuse("the path has no primary key and value, as /01/09506000134352")


def _read_query(query: str) -> tuple[list[Element], tuple[str, ...]]:
    attributes: list[Element] = []
    others: list[str] = []
    for pair in filter(None, query.split("&")):
        name, equals, value = pair.partition("=")
        if equals and name.isdecimal():
            attributes.append((name, _decode(value.replace("+", " "))))
        else:
            others.append(pair)
    return attributes, tuple(others)


def _decode(text: str) -> str:
    raw = unquote_to_bytes(text)
    if not raw:
        raise _refuse("a value is empty")
    if not raw.isascii() or b"\0" in raw:
        raise _refuse("a value has a character that no identifier may have")
    return raw.decode("ascii")


def _widened(code: str, value: str, lenient: bool) -> str:
    return value.zfill(14) if lenient and code == "01" and len(value) in _NO_GTIN_LENGTHS else value


def _check(link: Link, unknown: bool, shape_only: bool) -> None:
    known = identifiers()
    behind = [code for code, _ in link.qualifiers]
    branches = known[link.key[0]].qualifiers or ()
    fitting = [branch for branch in branches if _is_part(behind, branch)]
    if not fitting:
        orders = " or ".join(", ".join(f"({code})" for code in branch) or "nothing" for branch in branches)
        raise _refuse(f"behind ({link.key[0]}) may stand, in this order: {orders}")
    beside = [code for code, _ in link.attributes]
    for code in beside:
        _check_attribute(code, unknown)
        if any(code in branch for branch in fitting):
            raise _refuse(f"({code}) belongs into the path")
    codes = (link.key[0], *behind, *beside)
    if len(set(codes)) != len(codes):
        raise _refuse("an identifier stands there twice")
    for code, value in (*link.path, *link.attributes):
        if code in known:
            check_value(code, value, shape_only=shape_only)
    # What the table lets follow a key needs nothing else beside it, whatever the row of its own says: (22) behind (8006).
    check_company([code for code in codes if code in known], exempt=frozenset(behind))


def _check_attribute(code: str, unknown: bool) -> None:
    row = identifiers().get(code)
    if row is None and not unknown:
        raise _refuse(f"({code}) is no identifier")
    if row is not None and not row.attribute:
        raise _refuse(f"({code}) may not stand in the query")


def _is_part(codes: Sequence[str], branch: Sequence[str]) -> bool:
    """Whether codes stand in a branch, in its order."""
    left = iter(branch)
    return all(code in left for code in codes)


def _refuse(cause: str) -> Refused:
    return Refused("link-malformed", cause)
