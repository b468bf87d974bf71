"""A real `suxin serve` in a process of its own, on one data folder and one port, to be stopped or killed and started again."""

from __future__ import annotations

import os
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
SUXIN = (sys.executable, "-c", "from suxin.api.cli import main; main()")  # the command, also where it is not installed


class Server:
    """One book's server. Keeps its address over restarts, and its high-water marks beside the data folder.

    Args:
        data: Data folder; made when it is not there.
        options: Further options of `suxin serve`.

    Attributes:
        ended: How it ended the last time: its exit code, or the signal's number below zero.
        environment: With the folder of its high-water marks; for other commands on the same book.
    """

    def __init__(self, data: Path, *options: str) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        self.data = data
        self.url = f"http://127.0.0.1:{self.port}"
        self._log = data.with_name(data.name + ".log")
        self._command = [*SUXIN, "serve", "--data", str(data), "--port", str(self.port), *options]
        self.environment = {**os.environ, "SUXIN_HIGHWATER": str(data.with_name(data.name + "-marks"))}
        self._process: subprocess.Popen[bytes] | None = None
        self.ended: int | None = None

    def __enter__(self) -> Server:
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.stop()

    def start(self) -> None:
        """Start, and wait until it answers."""
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(self._command, stderr=log, stdout=log, env=self.environment)
        end = time.monotonic() + START_SECONDS_MAX
        while time.monotonic() < end:
            if self._process.poll() is not None:
                raise AssertionError(f"the server ended: {self.log()}")
            try:
                httpx.get(f"{self.url}/healthz", timeout=2).raise_for_status()
                return
            except httpx.HTTPError:
                time.sleep(0.05)
        self.kill()
        raise AssertionError(f"the server did not answer: {self.log()}")

    @property
    def process(self) -> int:
        """Number of the process that serves."""
        assert self._process is not None
        return self._process.pid

    def run_instead(self, command: list[str]) -> None:
        """Use another program in place of `suxin serve`, with the same options."""
        self._command = [*command, *self._command[len(SUXIN) + 1 :]]

    def kill(self) -> None:
        """End it as a power cut would end the process."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """End it as an operator would."""
        self._end(signal.SIGTERM)

    def log(self) -> str:
        """What it wrote."""
        return self._log.read_text(errors="replace")[-4_000:]

    def _end(self, how: signal.Signals) -> None:
        if self._process is None:
            return
        self._process.send_signal(how)
        try:
            self.ended = self._process.wait(STOP_SECONDS_MAX)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
            raise AssertionError(f"the server did not stop: {self.log()}") from None
        finally:
            self._process = None
