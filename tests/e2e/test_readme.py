"""The README's first signed statement works when typed as written."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def typed() -> str:
    """The section's shell block, as a reader would copy it."""
    readme = (ROOT / "README.md").read_text("utf-8")
    section = readme[readme.index("## The first signed statement") :]
    block = re.search(r"```sh\n(.*?)```", section, re.DOTALL)
    assert block is not None
    return block[1]


def test_the_first_statement_works_as_typed(tmp_path: Path) -> None:
    # The reader stands in the checkout with a .venv in it; here another folder with the environment that runs the tests.
    bin_folder = tmp_path / ".venv" / "bin"
    bin_folder.mkdir(parents=True)
    scripts = Path(sys.executable).parent
    (bin_folder / "activate").write_text(f'PATH="{scripts}:$PATH"\n')
    environment = {**os.environ, "HOME": str(tmp_path)}
    done = subprocess.run(
        ["sh", "-eu", "-c", typed()], cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=90, check=False
    )
    said = done.stdout + done.stderr
    assert done.returncode == 0, said
    assert said.count("receipt checked on this machine") == 2, said
    assert "recorded at index" in said
