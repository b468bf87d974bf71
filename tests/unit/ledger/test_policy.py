from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from vectors.make_policy import LOG, TWO_HOUSES, X1

from suxin.ledger.errors import VerificationError
from suxin.ledger.note import COSIGNATURE_TYPE
from suxin.ledger.policy import POLICY_BYTES_MAX, format_policy, parse_policy


def test_a_log_is_known_by_its_origin_only() -> None:
    policy = parse_policy((LOG[:-1] + " https://suxin.example/\nquorum none\n").encode())
    assert policy.keys_of("suxin.example/demo/1") == (policy.logs[0].key,)
    (log,) = policy.logs
    assert log.url == "https://suxin.example/"
    assert policy.keys_of("suxin.example/demo/2") == ()
    assert not policy.needs_witnesses()


def test_witnesses_keep_their_keys_and_marks() -> None:
    policy = parse_policy((X1 + "full X1\nquorum X1\n").encode())
    (witness,) = policy.witnesses
    assert (witness.key.name, witness.key.type, witness.full, witness.url) == ("x1.example", COSIGNATURE_TYPE, True, None)
    assert policy.needs_witnesses()


def test_a_fault_is_named_with_its_line() -> None:
    with pytest.raises(VerificationError, match="line 2: 'X9' is not defined above"):
        parse_policy((X1 + "quorum X9\n").encode())


def test_a_policy_has_a_size() -> None:
    text = LOG + "quorum none\n"
    parse_policy(text.encode() + b"#" * (POLICY_BYTES_MAX - len(text) - 1) + b"\n")
    with pytest.raises(VerificationError, match=r"^policy-limit"):
        parse_policy(text.encode() + b"#" * (POLICY_BYTES_MAX - len(text)) + b"\n")


def test_names_are_bytes_and_need_be_no_text() -> None:
    raw = X1.encode().replace(b"X1", b"\xff\x80") + b"quorum \xff\x80\n"
    policy = parse_policy(raw)
    assert policy.quorum_met({policy.witnesses[0].name})
    assert format_policy(policy) == raw


@given(st.integers(0, len(TWO_HOUSES.encode()) - 1), st.binary(max_size=3))
def test_a_damaged_policy_is_refused_by_name_or_is_another_policy(place: int, put: bytes) -> None:
    raw = TWO_HOUSES.encode()
    damaged = raw[:place] + put + raw[place + 1 :]
    try:
        policy = parse_policy(damaged)
    except VerificationError as failure:
        reason = failure.code
    else:
        reason = "policy-" if parse_policy(format_policy(policy)) == policy else ""
    assert reason.startswith(("policy-", "vkey-"))
