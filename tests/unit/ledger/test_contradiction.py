"""What a monitor's evidence shows: two roots convict, a leaf binds, and whatever does not belong together shows nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import orjson
import pytest
from fakes.forked import SmallLog

from suxin.ledger.contradiction import (
    CONTRADICTION_BYTES_MAX,
    BoundLeaf,
    Contradiction,
    Prefix,
    ShownNote,
    Weight,
    encode_contradiction,
    parse_contradiction,
    weigh,
)
from suxin.ledger.errors import VerificationError
from suxin.ledger.hashing import leaf_hash
from suxin.ledger.merkle import inclusion_path, nodes_of
from suxin.ledger.note import parse_vkey

TRUE, FALSE = SmallLog(), SmallLog(forked_at=10)
KEY = parse_vkey(TRUE.vkey)


def seen(*notes: str, prefix: Prefix | None = None, leaf: BoundLeaf | None = None) -> Contradiction:
    shown = tuple(ShownNote(f"https://place{at}.example", note) for at, note in enumerate(notes))
    return Contradiction("consistency-invalid", "they differ", TRUE.origin, TRUE.vkey, 7, shown, prefix, leaf)


def prefix_of(log: SmallLog, small: int, large: int) -> Prefix:
    return Prefix(log.root(small), tuple(log.path(small, large)))


def leaf_at(log: SmallLog, index: int, size: int) -> BoundLeaf:
    return BoundLeaf(index, b"true %d" % index, tuple(inclusion_path(index, size, nodes_of(log.leaves[:size]))))


@pytest.mark.parametrize(
    ("found", "weight"),
    [
        (seen(TRUE.note(20), FALSE.note(20)), Weight.CONVICTS),
        (seen(TRUE.note(20), TRUE.note(20)), Weight.CLAIMS),
        (seen(TRUE.note(20), FALSE.note(30), prefix=prefix_of(FALSE, 20, 30)), Weight.CONVICTS),
        (seen(FALSE.note(30), TRUE.note(20), prefix=prefix_of(FALSE, 20, 30)), Weight.CONVICTS),
        (seen(TRUE.note(20), FALSE.note(30)), Weight.CLAIMS),
        (seen(TRUE.note(30), TRUE.note(20), prefix=prefix_of(TRUE, 20, 30)), Weight.CLAIMS),
        (seen(TRUE.note(8), FALSE.note(30), prefix=prefix_of(FALSE, 8, 30)), Weight.CLAIMS),
        (seen(TRUE.note(20), leaf=leaf_at(TRUE, 5, 20)), Weight.BINDS),
        (seen(TRUE.note(20)), Weight.CLAIMS),
        (seen(), Weight.CLAIMS),
    ],
)
def test_what_it_shows(found: Contradiction, weight: Weight) -> None:
    assert weigh(parse_contradiction(encode_contradiction(found)), KEY) is weight


@pytest.mark.parametrize(
    ("found", "code"),
    [
        (seen(TRUE.note(20), SmallLog(seed=2).note(20)), "note-unsigned"),
        (seen(TRUE.note(20), SmallLog("suxin.example/other/1").note(20)), "note-unsigned"),
        (seen(TRUE.note(20).replace("20", "21")), "note-signature-invalid"),
        (seen("hello"), "note-malformed"),
        (seen(TRUE.note(20), FALSE.note(30), prefix=prefix_of(TRUE, 20, 30)), "consistency-invalid"),
        (seen(TRUE.note(20), FALSE.note(30), prefix=Prefix(FALSE.root(20), ())), "consistency-invalid"),
        (seen(TRUE.note(20), leaf=replace(leaf_at(TRUE, 5, 20), index=6)), "inclusion-invalid"),
        (seen(TRUE.note(20), leaf=replace(leaf_at(TRUE, 5, 20), raw=b"true 6")), "inclusion-invalid"),
        (seen(TRUE.note(20), leaf=replace(leaf_at(TRUE, 5, 20), index=20)), "inclusion-invalid"),
    ],
)
def test_what_does_not_belong_together_shows_nothing(found: Contradiction, code: str) -> None:
    with pytest.raises(VerificationError) as error:
        weigh(found, KEY)
    assert error.value.code == code


def test_a_prefix_of_the_empty_log_convicts_nobody() -> None:
    found = seen(TRUE.note(0), FALSE.note(30), prefix=Prefix(FALSE.root(0), ()))
    assert weigh(found, KEY) is Weight.CLAIMS


Spoil = Callable[[dict[str, Any]], object]


@pytest.mark.parametrize(
    "spoil",
    [
        lambda value: value.pop("code"),
        lambda value: value.update(code="Not A Code"),
        lambda value: value.update(v=2),
        lambda value: value.update(extra=1),
        lambda value: value.update(found=-1),
        lambda value: value.update(notes=[]),
        lambda value: value["notes"].append(value["notes"][0]),
        lambda value: value["notes"][0].pop("source"),
        lambda value: value["notes"][0].update(note="x" * 70_000),
        lambda value: value["prefix"].update(root="AAAA"),
        lambda value: value["prefix"].update(path=["=" * 43]),
        lambda value: value["prefix"].update(path=[value["prefix"]["root"]] * 65),
        lambda value: value["leaf"].update(body="a"),
        lambda value: value["leaf"].update(index=-1),
    ],
)
def test_a_file_of_another_form_is_refused(spoil: Spoil) -> None:
    whole = seen(TRUE.note(20), FALSE.note(30), prefix=prefix_of(FALSE, 20, 30), leaf=leaf_at(TRUE, 5, 20))
    assert parse_contradiction(encode_contradiction(whole)) == whole
    value = orjson.loads(encode_contradiction(whole))
    spoil(value)
    with pytest.raises(VerificationError, match="contradiction-malformed"):
        parse_contradiction(orjson.dumps(value, option=orjson.OPT_SORT_KEYS) + b"\n")


@pytest.mark.parametrize("raw", [b"", b"{", b"[" * 9_000, b"\xff", b"{}", b" " * (CONTRADICTION_BYTES_MAX + 1)])
def test_bytes_that_are_no_file_are_refused(raw: bytes) -> None:
    with pytest.raises(VerificationError, match="contradiction-malformed"):
        parse_contradiction(raw)


def test_another_spelling_is_refused() -> None:
    raw = encode_contradiction(seen(TRUE.note(20)))
    with pytest.raises(VerificationError, match="contradiction-malformed"):
        parse_contradiction(raw.replace(b'"v":1', b'"v": 1'))
    assert leaf_hash(b"true 5") == TRUE.leaves[5]
