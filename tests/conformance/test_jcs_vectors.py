"""Public vectors of RFC 8785 (cyberphone): what lies in our domain comes out to the byte, the rest is refused by name."""

from __future__ import annotations

import json
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from suxin.ledger import canonical
from suxin.ledger.errors import Refused
from suxin.ledger.limits import INTEGER_MAX

# What our domain says of each public case, as it was written and as the RFC writes it: no null, no float, ASCII keys, NFC.
VERDICTS: dict[str, tuple[tuple[str, str] | None, tuple[str, str] | None]] = {
    "arrays": (("null", "/1/10"), ("null", "/1/10")),
    "french": (("key-not-ascii", ""), ("key-not-ascii", "")),
    "structures": (("float", "/1/\n"), None),  # 56.0 in the input, which the RFC writes as 56
    "unicode": (("not-nfc", "/Unnormalized Unicode"), ("not-nfc", "/Unnormalized Unicode")),
    "values": (("float", "/numbers/0"), ("null", "/literals/0")),
    "weird": (("key-not-ascii", ""), ("key-not-ascii", "")),
}


@pytest.fixture(scope="module")
def cases(shared: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads((shared / "data/vectors/jcs_rfc8785.json").read_bytes())["cases"]
    for case in found:
        assert sha256(bytes.fromhex(case["output_hex"])).hexdigest() == case["output_sha256"]
    return found


def parts(value: object) -> list[Any]:
    """A value and all values inside it."""
    below = list(value.values()) if isinstance(value, dict) else value if isinstance(value, list) else []
    return [value, *(part for item in below for part in parts(item))]


def is_inside(value: object) -> bool:
    try:
        canonical.dump(value)  # type: ignore[arg-type]
    except Refused:
        return False
    return True


def test_every_public_case_is_judged_by_name(cases: list[dict[str, Any]]) -> None:
    assert {case["name"] for case in cases} == set(VERDICTS)
    for case in cases:
        written = (case["input_utf8"].encode(), bytes.fromhex(case["output_hex"]))
        for raw, verdict in zip(written, VERDICTS[case["name"]], strict=True):
            if verdict is None:
                assert canonical.dump(canonical.parse(raw)) == raw
                continue
            with pytest.raises(Refused) as refused:
                canonical.parse(raw)
            assert (refused.value.code, refused.value.pointer) == verdict, case["name"]


def test_a_whole_case_inside_our_domain_is_written_as_the_rfc_writes_it(cases: list[dict[str, Any]]) -> None:
    case = next(case for case in cases if case["name"] == "structures")
    ours = case["input_utf8"].replace("56.0", "56")
    with pytest.raises(Refused) as refused:
        canonical.parse(ours.encode())
    assert refused.value.code == "not-canonical"
    assert str(refused.value.found["canonical"]).encode() == bytes.fromhex(case["output_hex"])
    assert canonical.dump(json.loads(ours)) == bytes.fromhex(case["output_hex"])


def test_parts_inside_our_domain_are_written_as_the_rfc_writes_them(cases: list[dict[str, Any]]) -> None:
    """Each part of a public case that lies in our domain stands, in our form, inside the public output."""
    compared = 0
    for case in cases:
        output = bytes.fromhex(case["output_hex"])
        for part in parts(json.loads(case["input_utf8"])):
            if is_inside(part):
                raw = canonical.dump(part)
                assert raw in output, case["name"]
                assert canonical.parse(raw) == part
                compared += 1
    assert compared > 15


def test_a_number_is_an_integer_or_refused(cases: list[dict[str, Any]]) -> None:
    numbers = [part for case in cases for part in parts(json.loads(case["input_utf8"])) if type(part) in (int, float)]
    assert any(isinstance(number, float) for number in numbers)
    for number in numbers:
        assert is_inside(number) is (type(number) is int and abs(number) <= INTEGER_MAX)
