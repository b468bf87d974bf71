"""`suxin serve --witness` and `suxin witness` as typed, in processes of their own, killed one after the other."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from rig.server import Server
from rig.witness import WitnessProcess

from suxin.api.keyring import load_key, make_key
from suxin.ledger.checkpoint import log_key, open_cosigned
from suxin.ledger.note import format_vkey, parse_vkey

ORIGIN = "suxin.example/witnessed"


def until(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.1)


def test_a_book_and_its_witness_survive_kills(tmp_path: Path) -> None:
    make_key(tmp_path / "book" / "keys" / "log.key")
    vkey = format_vkey(log_key(f"{ORIGIN}/1", load_key(tmp_path / "book" / "keys" / "log.key").public))
    with WitnessProcess(tmp_path / "w", "--name", "w.example/w", "--log", vkey) as witness:
        options = ("--sandbox", "--origin", ORIGIN, "--witness", f"{witness.url}={witness.vkey}")
        with Server(tmp_path / "book", *options) as server:
            site = httpx.get(f"{server.url}/.well-known/suxin.json").json()
            assert site["vkey"] == vkey
            assert [one["vkey"] for one in site["witnesses"]] == [witness.vkey]

            def cosigned() -> bool:
                note = httpx.get(f"{server.url}/checkpoint").text
                return bool(open_cosigned(note, f"{ORIGIN}/1", [parse_vkey(vkey)], [parse_vkey(witness.vkey)]).cosignatures)

            until(cosigned)
            server.kill()
            server.start()
            until(cosigned)
            witness.kill()
            server.kill()  # starts also while its witness is away
            server.start()
            witness.start()
            until(cosigned)
            assert httpx.get(f"{server.url}/readyz").json() == {"ready": True, "doubts": []}
            assert "Traceback" not in server.log() + witness.log()


def test_a_witness_that_is_not_one_is_refused_at_the_start(tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match="vkey-malformed"), Server(tmp_path / "book", "--witness", "http://x"):
        pass
