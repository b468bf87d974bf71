"""`suxin demo` as typed: pages in both languages, a code that scans, a taken port by name, and nothing left behind."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import numpy
import pytest
import zxingcpp

SUXIN = (sys.executable, "-c", "from suxin.api.cli import main; main()")
STOP_SECONDS_MAX = 20


@dataclass
class Demo:
    """A running demo and all that it printed before it served."""

    process: subprocess.Popen[str]
    folder: Path
    printed: str

    @property
    def address(self) -> str:
        found = re.search(r"http://\S+:[0-9]+", self.printed)
        assert found is not None, self.printed
        return found[0]

    @property
    def pages(self) -> list[str]:
        """Paths of the pages it names; the code's own address stands below it, at the margin."""
        return [urlsplit(url).path or "/" for url in re.findall(r"^ {4}(http://\S+)$", self.printed, re.MULTILINE)]

    def end(self, how: signal.Signals) -> int:
        self.process.send_signal(how)
        return self.process.wait(STOP_SECONDS_MAX)


def start(folder: Path, *options: str, **environment: str) -> subprocess.Popen[str]:
    """A demo whose temporary folder lies in `folder`."""
    folder.mkdir(exist_ok=True)
    given = {**os.environ, "TMPDIR": str(folder), "PORT": "0", **environment}
    command = [*SUXIN, "demo", "--scale", "0.01", *options]
    return subprocess.Popen(command, env=given, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


@contextmanager
def demo(folder: Path, *options: str, **environment: str) -> Iterator[Demo]:
    process = start(folder, *options, **environment)
    try:
        assert process.stdout is not None
        lines = []
        for line in process.stdout:
            lines.append(line)
            if line.startswith("Ctrl-C"):
                break
        else:
            process.wait(STOP_SECONDS_MAX)
            raise AssertionError(process.stderr.read() if process.stderr else "")
        yield Demo(process, folder, "".join(lines))
    finally:
        process.kill()
        process.communicate()


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    # For phones on the same network: every page must then be reached by an address that a phone can use.
    with demo(tmp_path_factory.mktemp("demo"), HOST="0.0.0.0") as running:
        yield running


def test_every_page_it_names_is_there_in_both_languages(served: Demo) -> None:
    assert len(served.pages) > 15
    assert {"/", "/couriers", "/verify"} < set(served.pages)
    assert {path.split("/")[1] for path in served.pages} >= {"01", "s", "w", "couriers"}
    with httpx.Client(base_url=served.address, timeout=30) as client:
        for path in served.pages:
            for lang in ("zh-CN", "en"):
                answer = client.get(f"/{lang}{path}")
                assert answer.status_code == 200, path
                assert f'<html lang="{lang}"' in answer.text, path
                assert ("Sandbox book" if lang == "en" else "试验账本") in answer.text, "every page wears the band"


def test_the_start_page_names_the_same_pages(served: Demo) -> None:
    start_page = httpx.get(f"{served.address}/en/", timeout=30).text
    for path in served.pages:
        assert f'href="/en{path}"' in start_page or path in ("/", "/verify"), path


def test_the_book_is_served_as_it_says(served: Demo) -> None:
    with httpx.Client(base_url=served.address, timeout=30) as client:
        assert client.get("/readyz").json()["ready"], "the newest checkpoint is of now"
        told = client.get("/.well-known/suxin.json").json()
        assert told["sandbox"] is True
        assert told["book"] == "suxin.invalid/demo"
        last = client.get("/checkpoint").text.splitlines()[1]
        assert client.get(f"/v1/entries/{int(last) - 2}").status_code == 200, "entries are public here"


def test_its_address_is_one_that_a_phone_can_open(served: Demo) -> None:
    host = urlsplit(served.address).hostname
    assert host != "0.0.0.0"
    assert f"HOST={host}" not in served.printed


def test_the_code_in_the_terminal_scans_to_the_item_that_is_good(served: Demo) -> None:
    lines = [
        line[len("\x1b[30;107m") : -len("\x1b[0m")] for line in served.printed.splitlines() if line.startswith("\x1b[30;107m")
    ]
    black = {" ": (0, 0), "▀": (1, 0), "▄": (0, 1), "█": (1, 1)}
    modules = [[black[sign][half] for sign in line] for line in lines for half in (0, 1)]
    image = numpy.kron(255 - 255 * numpy.array(modules, dtype=numpy.uint8), numpy.ones((6, 6), dtype=numpy.uint8))
    [code] = zxingcpp.read_barcodes(image)
    assert code.text == served.address + served.pages[1]
    assert urlsplit(code.text).path.startswith("/01/")


def test_a_taken_port_is_named_at_once(served: Demo, tmp_path: Path) -> None:
    port = urlsplit(served.address).port
    assert port is not None
    second = start(tmp_path / "second", HOST="0.0.0.0", PORT=str(port))
    out, error = second.communicate(timeout=30)
    assert second.returncode == 1
    assert out == ""
    assert f"port {port}" in error
    assert f"PORT={port + 1}" in error
    assert "Traceback" not in error
    assert not list((tmp_path / "second").glob("suxin-demo-*"))


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGHUP], ids=["ctrl-c", "closed terminal"])
def test_it_leaves_nothing_behind(tmp_path: Path, how: signal.Signals) -> None:
    with demo(tmp_path / "temporary") as running:
        assert urlsplit(running.address).hostname == "127.0.0.1"
        assert "HOST=0.0.0.0" in running.printed
        [folder] = (tmp_path / "temporary").iterdir()
        assert {path.name for path in folder.iterdir()} == {"book", "highwater"}
        code = running.end(how)
        assert code in (128 + how, 128 + signal.SIGTERM, 130)
        assert running.process.stderr is not None
        assert "Traceback" not in running.process.stderr.read()
        assert not list((tmp_path / "temporary").iterdir())


def test_ctrl_c_while_the_world_is_invented_leaves_nothing_behind(tmp_path: Path) -> None:
    process = start(tmp_path / "temporary", "--scale", "5")
    while not list((tmp_path / "temporary").glob("suxin-demo-*/book/book.db")):
        assert process.poll() is None
    process.send_signal(signal.SIGINT)
    out, error = process.communicate(timeout=STOP_SECONDS_MAX)
    assert process.returncode == 130
    assert "Traceback" not in error
    assert out == ""
    assert not list((tmp_path / "temporary").iterdir())


def test_a_kept_book_verifies(tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    with demo(tmp_path / "temporary", "--keep", str(kept)) as running:
        assert f"suxin verify --data {kept}/book" in running.printed
        running.end(signal.SIGINT)
    checked = subprocess.run([*SUXIN, "verify", "--data", kept / "book"], capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout + checked.stderr
    again = start(tmp_path / "temporary", "--keep", str(kept))
    _, error = again.communicate(timeout=30)
    assert again.returncode == 1
    assert "not an empty folder" in error
