"""Public vectors of C2SP formats: signed notes, a whole Tessera log, tile layouts, cosignatures and proofs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from suxin.ledger.checkpoint import (
    Checkpoint,
    format_checkpoint,
    log_key,
    open_checkpoint,
    open_cosigned,
    parse_checkpoint,
    sign_checkpoint,
)
from suxin.ledger.cosignature import Cosignature, cosign, witness_key
from suxin.ledger.errors import VerificationError
from suxin.ledger.hashing import leaf_hash
from suxin.ledger.keys import SigningKey
from suxin.ledger.merkle import consistency_path, inclusion_path, nodes_of, root_of
from suxin.ledger.note import (
    Note,
    format_base64,
    format_note,
    format_signature_lines,
    format_vkey,
    parse_note,
    parse_signature_lines,
    parse_vkey,
    verify_note,
)
from suxin.ledger.tile import (
    Tile,
    decode_entries,
    decode_tile,
    encode_entries,
    encode_tile,
    format_tile_path,
    parse_tile_path,
    tile_width,
    tiles_of,
)
from suxin.ledger.tlogproof import format_tlog_proof, parse_tlog_proof, verify_tlog_proof


def load(shared: Path, name: str) -> Any:
    return json.loads((shared / "data" / "vectors" / name).read_bytes())


@pytest.fixture(scope="module")
def tessera(shared: Path) -> Any:
    return load(shared, "tessera_testdata_log.json")


@pytest.fixture(scope="module")
def made(shared: Path) -> Any:
    return load(shared, "selfmade_c2sp_vectors.json")


def test_signed_notes(shared: Path) -> None:
    cases = load(shared, "signed_note.json")["cases"]
    for case in cases:
        key = parse_vkey(case["vkey"])
        assert format_vkey(key) == case["vkey"]
        if case["valid"]:
            note = parse_note(case["note"])
            assert verify_note(note, [key]) == (key,)
            assert format_note(note) == case["note"]
        else:
            with pytest.raises(VerificationError, match=r"note-malformed|note-signature-invalid"):
                verify_note(parse_note(case["note"]), [key])
    assert [case["valid"] for case in cases] == [True, True, False, False]


def test_the_go_checksum_database_reads_as_a_checkpoint(shared: Path) -> None:
    case = load(shared, "signed_note.json")["cases"][1]
    checkpoint = open_cosigned(case["note"], "go.sum database tree", [parse_vkey(case["vkey"])]).checkpoint
    assert checkpoint.size == 35_225_469
    assert format_checkpoint(checkpoint) == parse_note(case["note"]).text


def test_every_tessera_checkpoint_and_root(tessera: Any) -> None:
    key = parse_vkey(tessera["vkey"])
    files = tessera["files"]
    leaves: list[bytes] = []
    for size in range(16):
        note = files[f"checkpoint.{size}"]
        if size:
            data = bytes.fromhex(files[f"tile/entries/000.p/{size}"])
            entries = decode_entries(data, size)
            assert encode_entries(entries) == data
            leaves = [leaf_hash(entry) for entry in entries]
        checkpoint = open_checkpoint(note, key.name, key.public)
        assert checkpoint == Checkpoint(key.name, size, root_of(leaves))
    assert files["checkpoint"] == files["checkpoint.15"]
    assert log_key(key.name, key.public) == key


def test_every_tessera_tile(tessera: Any) -> None:
    files = tessera["files"]
    tiles = 0
    for path, content in files.items():
        if not path.startswith("tile/") or path.startswith("tile/entries/"):
            continue
        tile = parse_tile_path(path.removeprefix("tile/"))
        entries = decode_entries(bytes.fromhex(files[f"tile/entries/000.p/{tile.width}"]), tile.width)
        hashes = [leaf_hash(entry) for entry in entries]
        assert encode_tile(tile, nodes_of(hashes)).hex() == content
        assert decode_tile(bytes.fromhex(content), tile.width) == hashes
        assert "tile/" + format_tile_path(tile) == path
        tiles += 1
    assert tiles == 15


def test_tile_paths(shared: Path) -> None:
    vectors = load(shared, "tile_layout.json")
    for row in vectors["paths"]:
        for level in (0, 7, None):
            for width in (1, 112, 256):
                tile = Tile(level, row["n"], width)
                suffix = "" if width == 256 else f".p/{width}"
                path = f"{'entries' if level is None else level}/{row['path']}{suffix}"
                assert format_tile_path(tile) == path
                assert parse_tile_path(path) == tile
    assert len(vectors["paths"]) == 8


def test_tile_layouts(shared: Path) -> None:
    layouts = load(shared, "tile_layout.json")["layouts"]
    for row in layouts:
        due = [(tile["level"], tile["full"], tile["partial_w"]) for tile in row["tiles"]]
        assert tiles_of(row["size"]) == due
        for level, full, partial in due:
            assert tile_width(Tile(level, full), row["size"]) == partial
            assert tile_width(Tile(level, full + 1), row["size"]) == 0
            if full:
                assert tile_width(Tile(level, full - 1), row["size"]) == 256
    assert len(layouts) == 10


def test_checkpoint_and_cosignature_are_made_to_the_byte(made: Any) -> None:
    log, witness = (SigningKey(bytes.fromhex(made[name])) for name in ("log_seed_hex", "witness_seed_hex"))
    checkpoint = parse_checkpoint(made["checkpoint_text"])
    assert format_vkey(log_key(checkpoint.origin, log.public)) == made["log_vkey"]
    assert format_vkey(witness_key("witness.example.org/w1", witness.public)) == made["witness_vkey"]
    signed = parse_note(sign_checkpoint(checkpoint, log))
    line = cosign(signed.text, "witness.example.org/w1", witness, 1_700_000_000)
    assert format_note(Note(signed.text, (*signed.signatures, line))) == made["checkpoint_note"]
    assert format_signature_lines([line]) == made["add_checkpoint_response_200"]
    assert parse_signature_lines(made["add_checkpoint_response_200"]) == (line,)


def test_cosignature_is_verified(made: Any) -> None:
    log, witness = parse_vkey(made["log_vkey"]), parse_vkey(made["witness_vkey"])
    opened = open_cosigned(made["checkpoint_note"], "log.example.org/ledger", [log], [witness])
    assert opened.signers == (log,)
    assert opened.cosignatures == (Cosignature(witness, 1_700_000_000),)


def leaves_of(shared: Path) -> list[bytes]:
    return [leaf_hash(bytes.fromhex(text)) for text in load(shared, "rfc6962_roots.json")["leaf_inputs_hex"]]


def test_tlog_proof(shared: Path, made: Any) -> None:
    proof = parse_tlog_proof(made["tlog_proof_index5"])
    assert format_tlog_proof(proof) == made["tlog_proof_index5"]
    assert (proof.index, proof.extra, proof.note) == (5, b'{"k":"v"}', made["checkpoint_note"])
    assert list(proof.path) == inclusion_path(5, 8, nodes_of(leaves_of(shared)))
    leaf = leaf_hash(bytes.fromhex(made["tlog_proof_leaf_hex"]))
    keys = [parse_vkey(made["log_vkey"])], [parse_vkey(made["witness_vkey"])]
    assert verify_tlog_proof(proof, leaf, "log.example.org/ledger", *keys).checkpoint.size == 8
    with pytest.raises(VerificationError, match="inclusion-invalid"):
        verify_tlog_proof(proof, leaf_hash(b"other"), "log.example.org/ledger", *keys)


def test_the_consistency_path_a_witness_is_sent(shared: Path, made: Any) -> None:
    path = consistency_path(6, 8, nodes_of(leaves_of(shared)))
    note = made["add_checkpoint_request_old6"].split("\n\n", 1)[1]
    lines = "".join(format_base64(part) + "\n" for part in path)
    assert made["add_checkpoint_request_old6"] == f"old 6\n{lines}\n{note}"
    parse_note(note)
