"""`suxin serve --witness` and `suxin witness` as typed, in processes of their own, killed one after the other."""

from __future__ import annotations

import time
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import httpx
import pytest
from fakes.house import BOOK
from fakes.served import Pen
from rig.server import Server
from rig.witness import WitnessProcess

from suxin.api.keyring import load_key, make_key
from suxin.api.witness import identity
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


def test_a_full_witness_follows_a_private_book(tmp_path: Path) -> None:
    """Killed, it stops no append; started again it catches up; what it cosigned is said apart, on receipts and pages too."""
    origin, token, policy = f"{BOOK}/1", tmp_path / "token", tmp_path / "policy"
    key = make_key(tmp_path / "book" / "keys" / "log.key")
    (tmp_path / "w").mkdir()
    identity(tmp_path / "w", "w.example/full", full=True)
    witness = WitnessProcess(tmp_path / "w", "--full", "--policy", str(policy), "--credential", str(token))
    options = ("--sandbox", "--origin", BOOK, "--full-witness", f"{witness.url}={witness.vkey}")
    server = Server(tmp_path / "book", *options)
    policy.write_text(f"log {format_vkey(log_key(origin, key.public))} {server.url}\nquorum none\n")
    token.write_text("of-an-auditor\n")
    (tmp_path / "book" / "keys" / "auditors").write_text(sha256(b"of-an-auditor").hexdigest() + "\n")
    firm = Pen("uscc:91512081MA62K0260E", 7, lambda: int(time.time() * 1000))  # type: ignore[arg-type]

    def cosigned(kinds: dict[str, int]) -> bool:
        return bool(httpx.get(f"{server.url}/.well-known/suxin.json").json()["cosigned"] == kinds)

    with witness, server:
        assert httpx.get(f"{server.url}/tile/entries/000.p/1").status_code == 403
        until(lambda: cosigned({"plain": 0, "full": 1}))
        witness.kill()
        headers = {"content-type": "application/json"}
        answer = httpx.post(f"{server.url}/v1/events", content=firm.register("courier"), headers=headers)
        assert (answer.status_code, answer.json()["cosigned"]) == (201, {"plain": 0, "full": 0})
        assert cosigned({"plain": 0, "full": 0})
        witness.start()
        until(lambda: cosigned({"plain": 0, "full": 1}))
        receipt = httpx.get(f"{server.url}/v1/events/{answer.json()['statement']}").json()
        assert receipt["cosigned"] == {"plain": 0, "full": 1}
        assert "服务器所称见证方：普通 0 个，全量 1 个" in httpx.get(f"{server.url}/zh-CN/").text
        assert (tmp_path / "w" / "books").is_dir()
        assert "Traceback" not in server.log() + witness.log()


def test_a_witness_that_is_not_one_is_refused_at_the_start(tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match="vkey-malformed"), Server(tmp_path / "book", "--witness", "http://x"):
        pass
