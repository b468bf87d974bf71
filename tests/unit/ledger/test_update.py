"""Updates that are too much: bounds are named, and nothing costs a reader more than its length allows."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from fakes.paper_update import Tale

from suxin.ledger import update as update_form
from suxin.ledger import update_make
from suxin.ledger.errors import VerificationError
from suxin.ledger.limits import LEAF_BYTES_MAX, UPDATE_BYTES_MAX
from suxin.ledger.update import parse_update
from suxin.ledger.update_map import BucketChange, RecordChange, change_roots
from suxin.ledger.update_verify import left_out, verify_update

LEDGER = Tale().inspected().ledger


def text(change: dict[str, Any]) -> bytes:
    value = json.loads(LEDGER.update(1, 2)) | change
    return json.dumps(value, separators=(",", ":"), sort_keys=True, ensure_ascii=False).encode()


def refusal(raw: bytes) -> str:
    with pytest.raises(VerificationError) as failure:
        parse_update(raw)
    return failure.value.code


def test_the_bounds_of_an_update(monkeypatch: pytest.MonkeyPatch) -> None:
    raw = text({})
    parse_update(raw)
    bounds = {"LEAVES": 2, "ENTRIES": 1, "STREAMS": 1, "BYTES": len(raw) - 1}
    for bound, most in bounds.items():
        for module in (update_form, update_make):
            monkeypatch.setattr(module, f"UPDATE_{bound}_MAX", most)
        assert refusal(raw) == "update-too-large"
        with pytest.raises(VerificationError, match="update-too-large"):
            LEDGER.update(1, 2)
        monkeypatch.undo()
    assert refusal(b"[" + b"1," * (UPDATE_BYTES_MAX // 2) + b"1]") == "update-too-large"


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"null",
        b"[]",
        b"{",
        b"\xff",
        b"[" * 100_000,
        b'{"leaves":' + b"[" * 100_000,
        b"[" + b"[]," * 2_000_000 + b"[]]",
        text({}).replace(b'"v":1', b'"v":1.0'),
        text({}).replace(b'"v":1', b'"v" :1'),
        text({"genesis": {"leaf": "x" * LEAF_BYTES_MAX}}),
        text({"leaves": [[8, {"leaf": "epoch", "more": [[]] * 30_000}], [11, {}]]}),
    ],
    ids=range(12),
)
def test_what_is_no_update_is_refused_at_once(raw: bytes) -> None:
    start = time.process_time()
    assert refusal(raw) == "update-malformed"
    assert time.process_time() - start < 2


def test_a_bucket_with_everything_in_it_is_checked_in_time() -> None:
    """A genesis leaf may say a depth of 1: then half of all streams stand in one bucket."""
    keys = [number.to_bytes(4, "big") + bytes(28) for number in range(40_000)]
    changes = [RecordChange(key, (1, bytes(32)) if place % 2 else None, (2, bytes(32))) for place, key in enumerate(keys)]
    start = time.process_time()
    change_roots(1, [BucketChange(tuple(range(20_000)), (), ())], [bytes(32)], changes)
    assert time.process_time() - start < 10


def test_an_author_sees_which_of_his_streams_lack_his_entry() -> None:
    step = verify_update(parse_update(text({})), LEDGER.checkpoint(1), LEDGER.checkpoint(2))
    inspected, made = "p:/01/06901234567892", "p:/01/06901234567892/21/serial-00000003"
    assert left_out(step, 9, [inspected]) == []
    assert left_out(step, 9, [inspected, made]) == [made]
    assert left_out(step, 10, [inspected, made, "w:none"]) == [inspected, "w:none"]
