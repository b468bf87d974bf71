"""Requests that cannot be taken as a whole: type, encoding, size, and connections that end too early; over real sockets."""

from __future__ import annotations

import gzip
import socket
import time
import zlib
from collections.abc import Iterator
from typing import Any

import httpx
import orjson
import pytest
from fakes.served import JSON, NDJSON, hash_of
from fakes.village import PHONE, Village, village

from suxin.api.problems import TRANSPORT
from suxin.ledger.encoding import unb64u
from suxin.ledger.limits import BATCH_ROWS_MAX, EVENT_BYTES_MAX, POST_BYTES_MAX, POST_ROWS_MAX
from suxin.ledger.problems import PROBLEMS

GZIP = {"content-encoding": "gzip"}


@pytest.fixture(scope="module")
def v(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Village]:
    with village(tmp_path_factory.mktemp("village")) as found:
        yield found


@pytest.fixture(autouse=True)
def _nothing_is_written_or_leaks(v: Village) -> Iterator[None]:
    """A refused request writes nothing, leaves the server up, and its log without a traceback or what was sent."""
    yield
    assert v.site.http.get("/readyz").json() == {"ready": True, "doubts": []}
    log = v.site.log.getvalue()
    assert "Traceback" not in log
    assert PHONE not in log


def check(answer: httpx.Response, status: int, code: str) -> None:
    assert answer.headers["content-type"] == "application/problem+json", answer.text
    found = answer.json()
    row = TRANSPORT.get(code) or PROBLEMS[code]
    assert (answer.status_code, found["type"]) == (status, f"/problems/{code}"), found
    assert (found["title"], found["cure"], found["status"]) == (row.title, row.cure, status)
    assert found["detail"]
    assert PHONE not in answer.text


def post(v: Village, path: str, body: Any, headers: dict[str, str]) -> httpx.Response:
    """Post, and see that nothing was written."""
    before = v.site.written
    answer = v.site.http.post(path, content=body, headers=headers)
    assert v.site.written == before
    return answer


# Type and encoding


@pytest.mark.parametrize("path", ["/v1/events", "/v1/batches", "/v1/canonical"])
@pytest.mark.parametrize("given", ["", "text/plain", "application/x-www-form-urlencoded", f"tel/{PHONE}", "application/xml; q=1"])
def test_another_content_type(v: Village, path: str, given: str) -> None:
    check(post(v, path, v.good(), {"content-type": given} if given else {}), 415, "content-type")


def test_each_address_takes_its_own_type_only(v: Village) -> None:
    check(post(v, "/v1/events", v.good(), NDJSON), 415, "content-type")
    check(post(v, "/v1/batches", v.good(), JSON), 415, "content-type")


def test_parameters_of_the_type_do_not_matter(v: Village) -> None:
    assert v.site.post_event(v.good(), **{"content-type": "Application/JSON; charset=utf-8"}).status_code == 201


@pytest.mark.parametrize("given", ["br", "zstd", "gzip, gzip", PHONE])
def test_another_encoding(v: Village, given: str) -> None:
    check(post(v, "/v1/batches", v.good(), NDJSON | {"content-encoding": given}), 415, "content-encoding")


# gzip


def test_gzip_is_undone(v: Village) -> None:
    before = v.site.written
    answer = v.site.post_lines(gzip.compress(v.good() + b"\n" + v.good()), **GZIP)
    assert answer.json()["recorded"] == 2
    assert v.site.post_event(gzip.compress(v.good()), **GZIP).status_code == 201
    assert v.site.written == before + 3


def test_members_one_after_another_are_all_read(v: Village) -> None:
    """As `cat a.gz b.gz` and parallel compressors make them; leaving out the second would lose its rows in silence."""
    members = gzip.compress(v.good() + b"\n") + gzip.compress(b"") + gzip.compress(v.good())
    assert v.site.post_lines(members, **GZIP).json()["recorded"] == 2


@pytest.mark.parametrize("path", ["/v1/events", "/v1/batches"])
@pytest.mark.parametrize("cut", [1, 5, 9, 40])
def test_truncated_gzip(v: Village, path: str, cut: int) -> None:
    kind = JSON if path == "/v1/events" else NDJSON
    check(post(v, path, gzip.compress(v.good())[:-cut], kind | GZIP), 400, "gzip-broken")


def test_gzip_that_is_none(v: Village) -> None:
    whole = gzip.compress(v.good())
    wrong_sum = whole[:-8] + bytes(4) + whole[-4:]
    for body in (v.good(), b"", b"\x1f\x8b", wrong_sum, whole + PHONE.encode(), zlib.compress(v.good())):
        check(post(v, "/v1/batches", body, NDJSON | GZIP), 400, "gzip-broken")


@pytest.mark.parametrize("path", ["/v1/events", "/v1/batches", "/v1/canonical"])
def test_gzip_bomb(v: Village, path: str) -> None:
    bomb = gzip.compress(bytes(64 * 1024 * 1024), 9)
    assert len(bomb) < 70_000
    kind = NDJSON if path == "/v1/batches" else JSON
    check(post(v, path, bomb[:60_000] if path != "/v1/batches" else bomb, kind | GZIP), 413, "body-too-large")


def test_gzip_without_end(v: Village) -> None:
    """Empty blocks give nothing for ever; the bytes that come are counted as well."""
    empty = zlib.compressobj(wbits=31)
    start = empty.compress(b"") + empty.flush(zlib.Z_FULL_FLUSH)
    block = empty.flush(zlib.Z_FULL_FLUSH) or b"\x00\x00\x00\xff\xff"
    answer = post(v, "/v1/events", iter([start] + [block * 1_000] * 20), JSON | GZIP)
    check(answer, 413, "body-too-large")


# Size


@pytest.mark.parametrize(
    ("path", "kind", "bound"),
    [("/v1/events", JSON, EVENT_BYTES_MAX), ("/v1/canonical", JSON, EVENT_BYTES_MAX), ("/v1/batches", NDJSON, POST_BYTES_MAX)],
)
def test_a_body_over_the_bound(v: Village, path: str, kind: dict[str, str], bound: int) -> None:
    body = v.good().ljust(bound + 1)
    check(post(v, path, body, kind), 413, "body-too-large")
    chunks = (body[i : i + 65_536] for i in range(0, len(body), 65_536))
    check(post(v, path, chunks, kind), 413, "body-too-large")


def test_a_body_at_the_bound_is_taken(v: Village) -> None:
    assert v.site.post_event(v.good().ljust(EVENT_BYTES_MAX)).status_code == 201
    assert v.site.post_lines(v.good().ljust(POST_BYTES_MAX)).json()["recorded"] == 1


def test_a_length_that_is_only_claimed(v: Village) -> None:
    """Refused by the number alone, before a byte of the body has come."""
    answer = talk(v, request("/v1/batches", b"", f"Content-Length: {10**15}"))
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert b"/problems/body-too-large" in answer


@pytest.mark.parametrize("body", [b"", b"\n", b" \n\t\n\r\n"])
def test_no_row(v: Village, body: bytes) -> None:
    check(post(v, "/v1/batches", body, NDJSON), 400, "body-empty")
    check(post(v, "/v1/events", body, JSON), 400, "body-empty")


def test_blank_lines_are_no_rows(v: Village) -> None:
    found = v.site.post_lines(b"", v.good(), b"\r", b"nonsense", b"  ", v.good() + b"\r", b"").json()
    assert [(row["row"], row["outcome"]) for row in found["rows"]] == [(0, "recorded"), (1, "refused"), (2, "recorded")]


def test_too_many_rows(v: Village) -> None:
    check(post(v, "/v1/batches", b"x\n" * (POST_ROWS_MAX + 1), NDJSON), 413, "rows-too-many")
    check(post(v, "/v1/batches", b"\n" * (2 * POST_ROWS_MAX + 1) + v.good(), NDJSON), 413, "rows-too-many")
    header = b'{"header":{},"signature":"%s"}\n' % (b"A" * 86)
    check(post(v, "/v1/batches", header + b'{"statement":{}}\n' * (BATCH_ROWS_MAX + 1), NDJSON), 413, "rows-too-many")


def test_as_many_broken_rows_as_may_come_are_told_one_by_one(v: Village) -> None:
    body = b"\n".join([v.good(), *[b"x" + PHONE.encode()] * (POST_ROWS_MAX - 2), v.good()])
    before = v.site.written
    answer = v.site.http.post("/v1/batches", content=body, headers=NDJSON)
    found = answer.json()
    assert (found["recorded"], found["refused"], len(found["rows"])) == (2, POST_ROWS_MAX - 2, POST_ROWS_MAX)
    assert {row["problem"]["type"] for row in found["rows"][1:-1]} == {"/problems/not-json"}
    assert PHONE not in answer.text
    assert v.site.written == before + 2


# Parameters, methods, addresses


def test_a_parameter_that_is_not_understood(v: Village) -> None:
    before = v.site.written
    answer = v.site.post_lines(v.good(), query=f"?on_error={PHONE}")
    check(answer, 422, "request-invalid")
    assert "on_error" in answer.json()["detail"]
    assert v.site.written == before


def test_another_method_and_another_address(v: Village) -> None:
    check(v.site.http.get("/v1/batches"), 405, "method-not-allowed")
    check(v.site.http.delete("/v1/entries/0"), 405, "method-not-allowed")
    check(v.site.http.put(f"/v1/events/{PHONE}"), 405, "method-not-allowed")
    assert v.site.http.delete("/v1/entries/0").headers["allow"] == "GET, HEAD"
    assert v.site.http.get("/v1/batches").headers["allow"] == "POST"
    check(v.site.http.post(f"/v1/{PHONE}", content=v.good(), headers=JSON), 404, "not-found")


# Raw sockets


def request(path: str, body: bytes, *headers: str, kind: str = "application/x-ndjson") -> bytes:
    lines = [f"POST {path} HTTP/1.1", "Host: book", f"Content-Type: {kind}", *headers]
    return "\r\n".join([*lines, "", ""]).encode() + body


def connect(v: Village) -> socket.socket:
    return socket.create_connection(("127.0.0.1", v.site.port), timeout=20)


def talk(v: Village, sent: bytes) -> bytes:
    """Send bytes and read until the server has answered or closed."""
    with connect(v) as line:
        line.sendall(sent)
        received = b""
        while part := line.recv(65_536):
            received += part
            if b"\r\n\r\n" in received and b"}" in received:
                break
        return received


def settled(v: Village, statement: str) -> int:
    """Status of a statement that may not be there, once the server has had time to write it."""
    time.sleep(0.3)
    return v.site.http.get(f"/v1/events/{statement}").status_code


@pytest.mark.parametrize("part", [0.0, 0.5, 0.999])
def test_a_connection_closed_in_the_middle_of_a_body(v: Village, part: float) -> None:
    raw = v.scan()
    body = b"\n".join([v.carrier.line(raw), v.good(), v.good()])
    before = v.site.written
    with connect(v) as line:
        line.sendall(request("/v1/batches", body[: int(len(body) * part)], f"Content-Length: {len(body)}"))
        line.shutdown(socket.SHUT_WR) if part else None
    assert settled(v, hash_of(raw)) == 404
    assert v.site.written == before
    assert v.site.post_event(v.carrier.line(raw)).status_code == 201


def test_a_connection_closed_in_the_middle_of_a_chunked_body(v: Village) -> None:
    raw = v.scan()
    first = v.carrier.line(raw) + b"\n"
    before = v.site.written
    with connect(v) as line:
        line.sendall(request("/v1/batches", b"%x\r\n%s\r\n" % (len(first), first), "Transfer-Encoding: chunked"))
        time.sleep(0.1)
    assert settled(v, hash_of(raw)) == 404
    assert v.site.written == before


def test_a_connection_reset_in_the_middle_of_a_body(v: Village) -> None:
    raw = v.scan()
    before = v.site.written
    line = connect(v)
    line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")
    line.sendall(request("/v1/events", v.carrier.line(raw)[:-1], "Content-Length: 9999", kind="application/json"))
    line.close()
    assert settled(v, hash_of(raw)) == 404
    assert v.site.written == before


def test_a_client_that_does_not_wait_for_its_answer_is_recorded(v: Village) -> None:
    """All bytes came: it is recorded whether anybody listens or not, and the same bytes give the receipt later."""
    raw = v.scan()
    body = v.carrier.line(raw)
    with connect(v) as line:
        line.sendall(request("/v1/events", body, f"Content-Length: {len(body)}", kind="application/json"))
    deadline = time.monotonic() + 60
    while v.site.http.get(f"/v1/events/{hash_of(raw)}").status_code != 200 and time.monotonic() < deadline:
        time.sleep(0.05)
    again = v.site.post_event(body)
    assert (again.status_code, again.json()["outcome"]) == (200, "already")


@pytest.mark.parametrize(
    "sent",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(200),
        b"GET / HTTP/9.9\r\n\r\n",
        b"POST /v1/events HTTP/1.1\r\nContent-Length: -5\r\n\r\n{}",
        b"POST /v1/events HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\n\r\n",
        PHONE.encode() * 10 + b"\r\n\r\n",
    ],
    ids=["a TLS greeting", "a version", "a length below zero", "a chunk size", "a long address", "no HTTP"],
)
def test_what_is_no_http_is_turned_away(v: Village, sent: bytes) -> None:
    before = v.site.written
    with connect(v) as line:
        line.sendall(sent)
        line.shutdown(socket.SHUT_WR)
        received = b""
        while part := line.recv(65_536):
            received += part
    assert received == b"" or int(received.split()[1]) in (400, 404, 414, 431)
    assert PHONE.encode() not in received
    assert v.site.written == before


# The canonical form


def test_the_canonical_form_is_given(v: Village) -> None:
    raw = v.scan()
    loose = orjson.dumps(orjson.loads(raw), option=orjson.OPT_INDENT_2)
    for body in (raw, loose):
        answer = post(v, "/v1/canonical", body, JSON)
        assert answer.json() == {"canonical": raw.decode(), "hash": hash_of(raw)}
        assert len(unb64u(answer.json()["hash"])) == 32


@pytest.mark.parametrize(
    ("body", "code", "status", "pointer"),
    [
        (b'{"a":[1.5]}', "float", 422, "/a/0"),
        (b'{"a":1,"a":2}', "duplicate-key", 422, "/a"),
        (b'{"a":null}', "null", 422, "/a"),
        (b'{"a":9007199254740992}', "integer-range", 422, "/a"),
        (b'{"a":"e\xcc\x81"}', "not-nfc", 422, "/a"),
        (b"[" * 30_000, "too-deep", 422, None),
        (b'{"telephone":13812345678', "not-json", 400, None),
        (b"\xff", "not-json", 400, None),
        (b"", "not-json", 400, None),
    ],
)
def test_what_has_no_canonical_form(v: Village, body: bytes, code: str, status: int, pointer: str | None) -> None:
    answer = post(v, "/v1/canonical", body, JSON)
    assert answer.headers["content-type"] == "application/problem+json"
    found = answer.json()
    assert (answer.status_code, found["type"], found.get("pointer")) == (status, f"/problems/{code}", pointer)
    assert found["status"] == status
    assert PHONE not in answer.text
