"""The book as tiles over HTTP: byte for byte what C2SP says, and enough for a stranger to prove everything by himself."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import httpx
import pytest
from fakes.house import CARRIER, expect_recorded
from fakes.served import Served, served
from fakes.tile_client import TileClient, hash_leaf, path_of

from suxin.api.credentials import AUDITORS_BYTES_MAX, is_auditor
from suxin.ledger.checkpoint import log_key, open_checkpoint
from suxin.ledger.errors import StoreError
from suxin.ledger.merkle import nodes_of
from suxin.ledger.proof import verify_consistency, verify_inclusion
from suxin.ledger.tile import Tile, decode_entries, encode_entries, encode_tile, format_tile_path, tiles_of
from suxin.ledger.tlogproof import parse_tlog_proof, verify_tlog_proof

TOKEN = "a token of an auditor, 4711"
GROUPS = (1, 2, 250, 1, 290)  # rows of an epoch each: sizes on both sides of 256 and of 512


@pytest.fixture(scope="module", params=["public", "private"])
def site(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served(tmp_path_factory.mktemp(request.param), entries_public=request.param == "public") as found:
        firm = found.house.firm(CARRIER, "courier")
        parcels = iter(range(1_000))
        for group in GROUPS:
            expect_recorded(found.house.post([firm.scan(next(parcels)) for _ in range(group)]))
        auditors = found.house.folder / "data" / "keys" / "auditors"
        auditors.write_text(f"{'0' * 64}  somebody else\n\n{sha256(TOKEN.encode()).hexdigest()}  -\n")
        yield found


@pytest.fixture
def auditor(site: Served) -> dict[str, str]:
    return {} if site.house.service.settings.entries_public else {"authorization": f"Bearer {TOKEN}"}


def states(site: Served) -> list[tuple[int, bytes]]:
    """Size and root of every signed checkpoint."""
    service = site.house.service
    notes = [note for _, _, note in service.book.checkpoints()]
    opened = [open_checkpoint(note, service.genesis.origin, service.log_public) for note in notes]
    assert opened[-1] == open_checkpoint(site.http.get("/checkpoint").text, service.genesis.origin, service.log_public)
    return [(checkpoint.size, checkpoint.root) for checkpoint in opened]


def refused(answer: httpx.Response, code: str, status: int) -> None:
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json"), answer.text
    assert answer.json()["type"] == f"/problems/{code}"


def test_a_stranger_rebuilds_every_root_that_was_signed(site: Served) -> None:
    found = states(site)
    assert {size > 512 for size, _ in found} == {True, False}
    for size, root in found:
        assert TileClient(site.http, size).root() == root


def test_a_stranger_proves_inclusion_and_consistency(site: Served) -> None:
    found = states(site)
    size, root = found[-1]
    client = TileClient(site.http, size)
    for index in (0, 1, 255, 256, 511, 512, size - 1):
        leaf = client.tile(0, index // 256)[index % 256]
        verify_inclusion(leaf, index, size, client.inclusion(index), root)
        assert client.inclusion(index) == site.house.service.sequencer.tree.inclusion(index, size)
    for old, old_root in found:
        verify_consistency(old, size, client.consistency(old), old_root, root)


def test_leaves_of_the_bundles_hash_to_the_tiles_below_the_root(site: Served, auditor: dict[str, str]) -> None:
    size, _ = states(site)[-1]
    client = TileClient(site.http, size, **auditor)
    hashes = [hash_leaf(leaf) for leaf in client.leaves()]
    assert hashes == [client.tile(0, at // 256)[at % 256] for at in range(size)]


def test_every_tile_is_what_the_formats_page_says(site: Served, auditor: dict[str, str]) -> None:
    size, _ = states(site)[-1]
    book = site.house.service.book
    leaves = [body for _, body in book.leaves(0, size - 1)]
    node = nodes_of([hash_leaf(leaf) for leaf in leaves])
    for level, full, partial in tiles_of(size):
        for number in range(full + bool(partial)):
            tile = Tile(level, number, 256 if number < full else partial)
            answer = site.http.get(f"/tile/{format_tile_path(tile)}")
            assert answer.content == encode_tile(tile, node)
            assert answer.headers["content-type"] == "application/octet-stream"
            assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    for number in range(-(-size // 256)):
        tile = Tile(None, number, min(size - number * 256, 256))
        answer = site.http.get(f"/tile/{format_tile_path(tile)}", headers=auditor)
        assert answer.content == encode_entries(leaves[number * 256 : (number + 1) * 256])
        assert decode_entries(answer.content, tile.width) == leaves[number * 256 : (number + 1) * 256]


def test_a_partial_tile_is_the_beginning_of_the_growing_one(site: Served) -> None:
    size, _ = states(site)[-1]
    full = site.http.get(path_of(0, 0)).content
    assert len(full) == 8_192
    for width in (1, 7, 255):  # as at sizes that the log has passed
        assert site.http.get(path_of(0, 0, width)).content == full[: 32 * width]
    edge = size - 512
    assert len(site.http.get(path_of(0, 2, edge)).content) == 32 * edge
    assert len(site.http.get(path_of(1, 0, 2)).content) == 64
    assert site.http.get(path_of(1, 0, 1)).content == site.http.get(path_of(1, 0, 2)).content[:32]


def test_what_the_log_does_not_hold_yet_is_not_there(site: Served, auditor: dict[str, str]) -> None:
    size, _ = states(site)[-1]
    paths = [path_of(0, 2), path_of(0, 2, size - 511), path_of(0, 3, 1), path_of(1, 0), path_of(1, 0, 3), path_of(2, 0, 1)]
    paths += [path_of(63, 0, 1), path_of("entries", 2), path_of("entries", 2, size - 511), path_of("entries", 3, 1)]
    paths += ["/tile/0/x001/x234/067", f"/tile/0/{'x999/' * 6}999"]
    for path in paths:
        refused(site.http.get(path, headers=auditor), "not-found", 404)


@pytest.mark.parametrize(
    "path",
    [
        "0/0",
        "0/000.p/0",
        "0/000.p/256",
        "0/000.p/01",
        "0/x000/001",
        "00/000",
        "64/000",
        "-1/000",
        "entries/0",
        "entries/",
        "x",
        "0/000/",
    ],
)
def test_any_other_spelling_is_not_there(site: Served, path: str) -> None:
    refused(site.http.get(f"/tile/{path}"), "not-found", 404)


def test_entry_bodies_are_for_auditors_unless_the_book_is_public(site: Served) -> None:
    public = site.house.service.settings.entries_public
    entry = next(row.idx for row in site.house.service.book.entries() if row.kind == 1)
    for path in (path_of("entries", 0), path_of("entries", 0, 3), f"/v1/entries/{entry}"):
        for wrong in ("", "Bearer", f"Basic {TOKEN}", f"Bearer {TOKEN}x", "Bearer " + "x" * 600, f"Bearer {'0' * 64}"):
            answer = site.http.get(path, headers={"authorization": wrong} if wrong else {})
            if public:
                assert answer.status_code == 200
            else:
                refused(answer, "entries-private", 403)
        answer = site.http.get(path, headers={"authorization": f"bearer {TOKEN}"})
        assert answer.status_code == 200
        # A cache on the way must not show to everybody what an auditor has fetched.
        assert answer.headers["cache-control"] == f"{'public' if public else 'private'}, max-age=31536000, immutable"
    assert "public" in site.http.get("/v1/entries/0").headers["cache-control"]


def test_a_credential_ends_when_its_line_is_taken_out(site: Served) -> None:
    if site.house.service.settings.entries_public:
        return
    file = site.house.folder / "data" / "keys" / "auditors"
    before = file.read_bytes()
    try:
        file.write_bytes(b"")
        refused(site.http.get(path_of("entries", 0), headers={"authorization": f"Bearer {TOKEN}"}), "entries-private", 403)
        file.unlink()
        refused(site.http.get(path_of("entries", 0), headers={"authorization": f"Bearer {TOKEN}"}), "entries-private", 403)
    finally:
        file.write_bytes(before)


def test_a_file_of_auditors_that_is_too_large_opens_nothing(tmp_path: Path) -> None:
    file = tmp_path / "auditors"
    file.write_bytes(sha256(TOKEN.encode()).hexdigest().encode() + b"\n" + b"#" * AUDITORS_BYTES_MAX)
    with pytest.raises(StoreError, match="larger"):
        is_auditor(file, f"Bearer {TOKEN}")


def test_bundles_are_compressed_for_those_who_ask(site: Served, auditor: dict[str, str]) -> None:
    path = path_of("entries", 0)
    plain = site.http.get(path, headers={"accept-encoding": "identity"} | auditor)
    assert "content-encoding" not in plain.headers
    refusing = site.http.get(path, headers={"accept-encoding": "gzip;q=0, identity"} | auditor)
    assert refusing.content == plain.content
    assert "content-encoding" not in refusing.headers
    with site.http.stream("GET", path, headers={"accept-encoding": "br, gzip"} | auditor) as answer:
        raw = b"".join(answer.iter_raw())
        assert answer.headers["content-encoding"] == "gzip"
        assert "accept-encoding" in answer.headers["vary"]
    assert gzip.decompress(raw) == plain.content
    assert len(raw) < len(plain.content) / 2


def test_any_leaf_has_a_proof_that_other_peoples_tools_read(site: Served) -> None:
    service = site.house.service
    size, _ = states(site)[-1]
    for index in (0, 3, 256, size - 1):
        answer = site.http.get(f"/v1/entries/{index}/tlog-proof")
        assert answer.headers["content-type"].startswith("text/plain")
        proof = parse_tlog_proof(answer.text)
        assert proof.index == index
        leaf = hash_leaf(service.book.leaf(index))
        opened = verify_tlog_proof(proof, leaf, service.genesis.origin, [log_key(service.genesis.origin, service.log_public)])
        assert opened.checkpoint.size == size
    for index in (size, -1, 10**30):
        refused(site.http.get(f"/v1/entries/{index}/tlog-proof"), "not-found", 404)
