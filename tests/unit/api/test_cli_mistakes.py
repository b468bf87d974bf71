"""What a person gets who mistypes: which file, what is wrong with it, an exit code as written down, never "a defect"."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from tests.fakes.command import suxin
from tests.rig.server import SUXIN

DRAFT = '{"type": "scan", "actor": "uscc:91512081MA62K0260E", "body": {"code": "PICKED_UP"}}'


@pytest.fixture
def key(tmp_path: Path) -> str:
    assert suxin("key", "new", str(tmp_path / "k")).returncode == 0
    return str(tmp_path / "k")


@pytest.fixture
def stranger() -> Iterator[str]:
    """The address of a web server that is no book."""
    server = HTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler)  # 501 to everything
    server.RequestHandlerClass.log_message = lambda *_: None  # type: ignore[method-assign, assignment]
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize(
    "words",
    [
        ("verify", "--bundle", "FILE", "--policy", "there-is-none"),
        ("verify", "--bundle", "there-is-none"),
        ("verify", "--data", "FOLDER", "--policy", "there-is-none"),
        ("evidence", "--check", "FILE", "--policy", "there-is-none"),
        ("evidence", "--check", "there-is-none", "--policy", "POLICY"),
    ],
)
def test_what_cannot_be_checked_names_the_file_as_json_too(words: tuple[str, ...], tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"{}")
    (tmp_path / "policy").write_text("quorum none\n")
    known = {"FILE": str(tmp_path / "file"), "FOLDER": str(tmp_path), "POLICY": str(tmp_path / "policy")}
    ended = suxin(*(known.get(word, word) for word in words), "--json")
    assert ended.returncode == 2
    assert "there-is-none cannot be read: No such file or directory" in json.loads(ended.stdout)["error"]
    assert "Errno" not in ended.stderr
    assert "defect" not in ended.stderr


def test_a_policy_without_a_quorum_says_which_line_is_due(tmp_path: Path) -> None:
    policy, bundle = tmp_path / "my policy", tmp_path / "bundle"
    policy.write_text("# nobody\n")
    bundle.write_text("{}")
    ended = suxin("verify", "--bundle", str(bundle), "--policy", str(policy), "--json")
    first = json.loads(ended.stdout)["first"]
    assert (ended.returncode, first["code"]) == (2, "policy-quorum")
    assert str(policy) in first["detail"]
    assert "quorum none" in first["detail"]


def test_a_bundle_without_a_policy_says_what_a_policy_is(tmp_path: Path) -> None:
    bundle = tmp_path / "bundle"
    bundle.write_text("{}")
    assert "--policy FILE" in suxin("verify", "--bundle", str(bundle)).stdout


@pytest.mark.parametrize(
    "words",
    [
        ("--bundle", "a", "--contradiction", "b"),
        ("--contradiction", "a", "--url", "http://127.0.0.1:1"),
        ("--credential", "a"),
    ],
)
def test_options_of_verify_that_do_not_go_together_are_not_ignored(words: tuple[str, ...]) -> None:
    ended = suxin("verify", *words)
    assert ended.returncode == 2
    assert "Invalid value" in ended.stderr


def test_a_statement_that_is_not_there(key: str, tmp_path: Path) -> None:
    for at in (tmp_path / "none", tmp_path):
        ended = suxin("post", str(at), "--key", key, "--n", "1")
        assert ended.returncode == 2
        assert ended.stderr.startswith(f"suxin: the statement {at} cannot be read: ")


@pytest.mark.parametrize(
    ("code", "words", "says"),
    [
        (1, "export OUT --data NONE", "there is no book"),
        (1, "evidence --product /01/1", "an item is"),
        (1, "evidence --courier 91512081MA62K0260E --data NONE", "there is no book"),
        (1, "courier score JSON", "facts file"),
        (1, "courier score JSON --rules KD-1", "--rules: no file KD-1 comes with this program; KD-2026.1 and BR-TEST do"),
        (1, "courier show 91512081MA62K0260E --data NONE", "there is no book"),
        (1, "courier publish --data NONE", "NONE/keys/root.key cannot be read: No such file or directory"),
        (2, "courier check JSON --policy NONE", "the policy NONE cannot be read"),
        (2, "courier check JSON --rules NONE.json", "there is no file NONE.json"),
        (2, "courier check JSON --table FOLDER", "no index.ndjson"),
        (1, "courier check JSON", "rating document"),
        (2, "courier bulletin --check NONE", "cannot be read"),
        (2, "courier bulletin --check JSON --policy NONE", "the policy NONE cannot be read"),
        (2, "courier bulletin --check JSON --signer x", "key-malformed"),
        (1, "courier bulletin --check JSON", "bulletin"),
        (1, "key show NONE", "NONE cannot be read: No such file or directory"),
        (1, "key show JSON", "JSON is no key file"),
        (2, "key rotate OUT --key KEY --actor uscc:91512081MA62K0260E --n 1 --url rubbish", "is not the address of a book"),
        (2, "post NONE --key KEY --n 1", "the statement NONE cannot be read"),
        (2, "post DRAFT --key NONE --n 1", "NONE cannot be read: No such file or directory"),
        (1, "verifier --policy NONE", "the policy NONE cannot be read"),
        (1, "seal --data NONE", "there is no book"),
        (1, "erase 3 --data NONE", "there is no book"),
        (1, "erase --due --data NONE", "there is no book"),
        (1, "erase --sweep --data NONE", "there is no book"),
        (2, "erase --check JSON", "--policy FILE"),
        (2, "import olist FOLDER --data NONE", "olist_orders_dataset.csv.gz is not there"),
        (1, "import authority JSON --data FOLDER --dry-run", "column 1 has no meaning here"),
    ],
)
def test_what_cannot_be_done_is_said_as_json_too_and_makes_nothing(
    code: int, words: str, says: str, key: str, tmp_path: Path
) -> None:
    (tmp_path / "json").write_text("{} \n")
    (tmp_path / "draft").write_text(DRAFT)
    (tmp_path / "folder" / "keys").mkdir(parents=True)
    shutil.copy(key, tmp_path / "folder" / "keys" / "root.key")
    known = {word: str(tmp_path / word.lower()) for word in ("JSON", "DRAFT", "FOLDER", "NONE", "OUT")} | {"KEY": key}
    known["NONE.json"] = known["NONE"] + ".json"
    ended = suxin(*(known.get(word, word) for word in words.split()), "--json")
    assert ended.returncode == code, ended.stderr
    error = json.loads(ended.stdout)["error"]
    assert says.replace("NONE", known["NONE"]).replace("JSON", known["JSON"]) in error
    assert error in ended.stderr
    assert "Errno" not in error
    assert not (tmp_path / "none").exists()


def test_what_a_terminal_cannot_show_is_no_defect(tmp_path: Path) -> None:
    """A terminal told to be ASCII only: Chinese comes as question marks, and the rest as it is."""
    asked = [*SUXIN, "--help"]  # its first line has Chinese
    environment = {**os.environ, "PYTHONIOENCODING": "ascii", "COLUMNS": "60"}
    ended = subprocess.run(asked, env=environment, capture_output=True, timeout=60, check=False, cwd=tmp_path)
    assert (ended.returncode, ended.stderr) == (0, b"")
    assert b"Check a whole book" in ended.stdout


@pytest.mark.parametrize("url", ["rubbish", "ftp://host"])
def test_posting_to_what_is_no_address(url: str, key: str, tmp_path: Path) -> None:
    (tmp_path / "s.json").write_text(DRAFT)
    ended = suxin("post", str(tmp_path / "s.json"), "--key", key, "--n", "1", "--url", url, "--json")
    assert ended.returncode == 2
    assert json.loads(ended.stdout)["error"].startswith(f"{url} is not the address of a book")


def test_posting_to_a_server_that_is_no_book_is_no_refusal(
    stranger: str, key: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("suxin.client.post.PAUSE_FIRST_S", 0.0)  # 501 is tried again
    (tmp_path / "s.json").write_text(DRAFT)
    ended = suxin("post", str(tmp_path / "s.json"), "--key", key, "--n", "1", "--url", stranger, "--json")
    assert ended.returncode == 2
    assert stranger in json.loads(ended.stdout)["error"]
    assert "refused" not in ended.stderr


def test_a_folder_that_is_a_file(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    ended = suxin("migrate", "--data", str(tmp_path / "file"))
    assert (ended.returncode, ended.stderr) == (1, f"suxin: {tmp_path / 'file'}: File exists\n")


def test_a_mirror_that_is_a_file(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    ended = suxin("monitor", "--once", "--url", "http://127.0.0.1:1", "--data", str(tmp_path / "file"), "--json")
    assert (ended.returncode, json.loads(ended.stdout)["error"]) == (2, f"{tmp_path / 'file'}: File exists")


@pytest.mark.parametrize("words", [("--public-url", "shop.example"), ("--accept-size", "-1")])
def test_a_book_is_not_begun_with_settings_that_cannot_be(words: tuple[str, ...], tmp_path: Path) -> None:
    assert suxin("serve", "--data", str(tmp_path / "book"), *words).returncode == 2
    assert not (tmp_path / "book").exists()


def test_a_verifier_without_policy_or_place(tmp_path: Path) -> None:
    policy = tmp_path / "policy"
    policy.write_text("quorum none\n")
    assert f"the policy {tmp_path / 'none'} cannot be read" in suxin("verifier", "--policy", str(tmp_path / "none")).stderr
    assert f"{tmp_path} cannot be written" in suxin("verifier", "--policy", str(policy), "--out", str(tmp_path)).stderr


def test_the_list_of_labels_does_not_replace_the_labels(tmp_path: Path) -> None:
    out = str(tmp_path / "sheet.html")
    ended = suxin("label", "--out", out, "--list", out, "--url", "http://127.0.0.1:1", "--class", "/01/09520003000018")
    assert ended.returncode == 2
    assert not (tmp_path / "sheet.html").exists()


def test_a_host_that_is_not_ours_is_not_called_a_port(tmp_path: Path) -> None:
    ended = suxin("serve", "--data", str(tmp_path / "book"), "--host", "192.0.2.1", "--port", "38431")
    assert ended.returncode == 1
    assert "192.0.2.1 is no address of this machine" in ended.stderr


@pytest.mark.parametrize("command", ["serve", "demo", "witness"])
@pytest.mark.parametrize("port", ["-1", "65536"])
def test_a_port_that_no_machine_has(command: str, port: str) -> None:
    ended = suxin(command, "--port", port)
    assert ended.returncode == 2
    assert "--port" in ended.stderr


def test_a_limit_below_one_is_no_limit(tmp_path: Path) -> None:
    assert suxin("import", "olist", str(tmp_path), "--limit", "-3").returncode == 2


@pytest.mark.parametrize("origin", ["a b", "", "Suxin.example"])
def test_an_origin_of_the_wrong_form_makes_no_book(origin: str, tmp_path: Path) -> None:
    ended = suxin("serve", "--data", str(tmp_path / "data"), "--origin", origin)
    assert ended.returncode == 2
    assert "--origin is 3 to 80 of" in ended.stderr
    assert list(tmp_path.iterdir()) == []
