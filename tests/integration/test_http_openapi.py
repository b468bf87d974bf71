"""The running server held against its own OpenAPI document, with made-up requests: always as described, never a defect."""

from __future__ import annotations

from collections.abc import Iterator
from typing import cast

import pytest
import schemathesis
from fakes.village import Village, village
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from suxin.api.app import create_app
from suxin.api.service import Service

CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
CONTRACT = create_app(cast("Service", None)).openapi()  # the document needs no book
OPERATIONS = [f"{method.upper()} {path}" for path, methods in CONTRACT["paths"].items() for method in methods]
BOUNDED = settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))


@schemathesis.serializer("application/x-ndjson")
def lines(_context: schemathesis.SerializationContext, value: object) -> bytes:
    """A text is sent as it is."""
    return str(value).encode(errors="replace")


@pytest.fixture(scope="module")
def v(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Village]:
    with village(tmp_path_factory.mktemp("village"), entries_public=True) as found:
        yield found


@pytest.mark.parametrize("name", OPERATIONS)
def test_whatever_is_asked_the_answer_is_as_described(v: Village, name: str) -> None:
    method, _, path = name.partition(" ")
    operation = schemathesis.openapi.from_dict(CONTRACT)[path][method]

    @BOUNDED
    @given(case=operation.as_strategy())
    def ask(case: schemathesis.Case) -> None:
        case.call_and_validate(base_url=v.site.url, checks=CHECKS)

    ask()
    assert v.site.http.get("/readyz").status_code == 200
    assert "Traceback" not in v.site.log.getvalue()


@st.composite
def mutations(draw: st.DrawFn) -> list[tuple[int, bytes, int]]:
    """Where a row is changed, what is put in, and how many bytes it takes the place of."""
    pieces = st.one_of(
        st.binary(max_size=3), st.sampled_from([b'"', b"{", b"}", b"[", b",", b":", b"null", b"1e9", b"\\u0000", b"-"])
    )
    return draw(st.lists(st.tuples(st.integers(0, 700), pieces, st.integers(0, 3)), min_size=1, max_size=4))


def mutated(row: bytes, changes: list[tuple[int, bytes, int]]) -> bytes:
    for at, piece, gone in changes:
        row = row[:at] + piece.replace(b"\n", b" ") + row[at + gone :]
    return row


def test_rows_with_bytes_changed_are_told_apart_from_good_ones(v: Village) -> None:
    """Bytes that come, go and change in a row: it is refused, or means the same; its neighbours are recorded."""

    @BOUNDED
    @given(rows=st.lists(mutations(), min_size=1, max_size=8))
    def ask(rows: list[list[tuple[int, bytes, int]]]) -> None:
        answer = v.site.post_lines(v.good(), *(mutated(v.good(), changes) for changes in rows), v.good())
        assert answer.status_code == 200, answer.text
        found = answer.json()
        outcomes = [row["outcome"] for row in found["rows"]]
        assert outcomes[0] == outcomes[-1] == "recorded"
        assert found["recorded"] + found["already"] + found["refused"] == len(outcomes)

    ask()
    assert v.site.http.get("/readyz").status_code == 200
    assert "Traceback" not in v.site.log.getvalue()
