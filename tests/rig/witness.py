"""A real `suxin witness` in a process of its own, to be killed and started again on one folder and one port."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType

import httpx

START_SECONDS_MAX = 60
STOP_SECONDS_MAX = 20
SUXIN = (sys.executable, "-c", "from suxin.api.cli import main; main()")


class WitnessProcess:
    """One witness.

    Args:
        folder: Its folder; made at the first start.
        options: Further options of `suxin witness`.
    """

    def __init__(self, folder: Path, *options: str) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        self.folder = folder
        self.url = f"http://127.0.0.1:{self.port}"
        self._log = folder.with_name(folder.name + ".log")
        self.command = [*SUXIN, "witness", "--data", str(folder), "--port", str(self.port), *options]
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> WitnessProcess:
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._process is not None:
            self._end(signal.SIGTERM)

    @property
    def vkey(self) -> str:
        return (self.folder / "witness.vkey").read_text().strip()

    def start(self) -> None:
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(self.command, stderr=log, stdout=log)
        end = time.monotonic() + START_SECONDS_MAX
        while time.monotonic() < end:
            assert self._process.poll() is None, self.log()
            try:
                httpx.get(f"{self.url}/", timeout=2)
                return
            except httpx.TransportError:
                time.sleep(0.05)
        raise AssertionError(f"the witness did not answer: {self.log()}")

    def kill(self) -> None:
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        self._end(signal.SIGTERM)

    def ask(self, raw: bytes) -> httpx.Response:
        return httpx.post(f"{self.url}/add-checkpoint", content=raw, timeout=20)

    def log(self) -> str:
        return self._log.read_text(errors="replace")

    def _end(self, how: signal.Signals) -> None:
        assert self._process is not None
        self._process.send_signal(how)
        self._process.wait(STOP_SECONDS_MAX)
        self._process = None
