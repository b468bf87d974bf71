"""Digital Link held to GS1's own vectors: read, written, escaped, and the canonical names of things; refusals included."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from suxin.ledger.errors import Refused
from suxin.trace.ai import identifiers
from suxin.trace.epc import parse_epc
from suxin.trace.link import CANONICAL, Link, build_link, constrained, escape, format_link, parse_elements, parse_link

FOLDER = "data/epcis/digital-link"


def cases(shared: Path, name: str) -> list[dict[str, Any]]:
    found = json.loads((shared / FOLDER / f"{name}.json").read_bytes())
    assert isinstance(found, list)
    return found


def message(link: Link) -> str:
    """The element string as a scanner would send it: ^ stands for the separator, which a value of fixed length needs none of."""
    text, separate = "", True
    for code, value in (*link.path, *link.attributes):
        text += ("^" if separate else "") + code + value
        separate = code not in identifiers() or not identifiers()[code].fixed
    return text


def unknown(options: dict[str, bool]) -> bool:
    return options.get("permitUnknownAIs", False) and not options.get("unknownAInotDLattr", True)


def test_every_address_is_read_or_refused(shared: Path) -> None:
    seen: Counter[bool] = Counter()
    for case in cases(shared, "parse"):
        options = case.get("options", {})
        lenient = options.get("permitConvenienceAlphas", False) or options.get("permitZeroSuppressedGTIN", False)
        try:
            found = message(parse_link(case["uri"], lenient=lenient, unknown=unknown(options)))
        except Refused:
            found = None
        assert found == case["ai_data"], case
        seen[case["valid"]] += 1
    assert seen[True] > 40
    assert seen[False] > 25


def test_every_address_is_written_or_refused(shared: Path) -> None:
    for case in cases(shared, "generate"):
        try:
            elements = parse_elements(case["ai_data_hri"])
            found = format_link(build_link(elements, case["stem"] or CANONICAL, unknown=unknown(case.get("options", {}))))
        except Refused:
            found = None
        assert found == case["uri"], case
        if found is not None and "options" not in case:
            assert format_link(parse_link(found)) == found


def test_every_text_is_escaped(shared: Path) -> None:
    for case in cases(shared, "percent-encoding"):
        assert (escape(case["raw"]), escape(case["raw"], query=True)) == (case["path"], case["query"])


def test_every_name_has_its_canonical_form(shared: Path) -> None:
    none = 0
    for case in cases(shared, "epc-to-canonical"):
        text = case["input"]
        try:
            link = parse_epc(text) if text.startswith("urn:") else parse_link(text, lenient=True, shape_only=True)
        except Refused:
            none += 1
            assert case["canonical"] is None, case
        else:
            assert constrained(link) == case["canonical"]
    assert none > 3


@pytest.mark.parametrize(
    ("uri", "words"),
    [
        ("https://a/01/12312312312334", "check digit"),
        ("https://a/01/12312312312333/21/" + "x" * 21, "too many"),
        ("https://a/01/12312312312333/21/a/10/b", r"in this order: \(22\), \(10\), \(21\)"),
        ("https://a/01/12312312312333?10=L", "belongs into the path"),
        ("https://a/01/12312312312333?17=261301", "yymmd0"),
        ("https://a/01/12312312312333?17=260230", "yymmd0"),
        ("https://a/01/12312312312333?02=12312312312333", "may not stand beside"),
        ("https://a/415/9520123456788", "needs 8020"),
        ("https://a/00/006141411234567891", "check digit"),
        ("https://a/01/12312312312333/21/中", "no address"),
        ("https://a/01/12312312312333/21/%E4%B8%AD", "may have"),
        ("https://a/01/12312312312333/21/a b", "no address"),
        ("https://a/01/12312312312333/21/%20", "may not have"),
        ("https://a/01/12312312312333/", "no primary key"),
        ("https://a/01/" + "1" * 9_000, "no address"),
        ("https://a/8013/1987654Ad4X4bL5ttr2310c2L", "check digit"),
    ],
)
def test_a_refusal_says_what_is_wrong(uri: str, words: str) -> None:
    with pytest.raises(Refused, match=words):
        parse_link(uri)


def test_what_may_stand_in_the_query_of_one_branch_and_not_of_the_other() -> None:
    assert parse_link("https://a/01/12312312312333/235/X?10=L").attributes == (("10", "L"),)
    assert parse_link("https://a/01/12312312312333?17=260200").attributes == (("17", "260200"),)
    assert parse_link("https://a/8013/1987654Ad4X4bL5ttr2310c2K").key[0] == "8013"
