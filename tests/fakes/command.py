"""The command line run inside this process: what it prints and how it ends, without a new interpreter for each word."""

from __future__ import annotations

import io
import sys
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass

from suxin.api.cli import main


@dataclass(frozen=True)
class Ended:
    """How a command ended."""

    returncode: int
    stdout: str
    stderr: str


def suxin(*words: str) -> Ended:
    """Run `suxin` with these words."""
    out, err, argv = io.StringIO(), io.StringIO(), sys.argv
    sys.argv = ["suxin", *words]
    code: object = 0
    try:
        with redirect_stdout(out), redirect_stderr(err):
            main()
    except SystemExit as ended:
        code = ended.code
    finally:
        sys.argv = argv
    said = f"{code}\n" if isinstance(code, str) else ""  # sys.exit(text) prints it and ends with 1
    return Ended(1 if said else int(str(code or 0)), out.getvalue(), err.getvalue() + said)
