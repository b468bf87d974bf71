"""What every test may ask for. PostgreSQL, the browser and the closing line stand in `rig/`."""

from __future__ import annotations

import itertools
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# Started in the background, or under nohup, a shell has SIGINT ignored, and every program started here would inherit that.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

pytest_plugins = ["rig.outcomes", "rig.order", "rig.postgres", "rig.browser"]

ROOT = Path(__file__).parents[1]
_NUMBERS = itertools.count()

# No deadline: the machine is shared, and a slow run says nothing about the code. In CI the same examples every time.
_QUIET = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow]}
settings.register_profile("usual", max_examples=60, stateful_step_count=25, **_QUIET)
settings.register_profile("ci", settings.get_profile("usual"), derandomize=True)
settings.register_profile("soak", max_examples=5_000, stateful_step_count=100, **_QUIET)
settings.load_profile("soak" if os.environ.get("SUXIN_SOAK") else "ci" if os.environ.get("CI") else "usual")


@pytest.fixture(scope="session")
def root() -> Path:
    """Root of the checkout."""
    return ROOT


@pytest.fixture(scope="session")
def shared() -> Path:
    """Folder of the data that is not in the repository: SUXIN_SHARED, else `../shared` beside the checkout."""
    folder = Path(os.environ.get("SUXIN_SHARED") or ROOT.parent / "shared").resolve()
    if not (folder / "data").is_dir():
        pytest.skip(f"shared: no data in {folder}; SUXIN_SHARED names the folder")
    return folder


@pytest.fixture(scope="session")
def soak() -> bool:
    """Whether this is a long run (`make soak`)."""
    return bool(os.environ.get("SUXIN_SOAK"))


@pytest.fixture(scope="session", autouse=True)
def _own_settings(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Keep the caller's book out of the tests and the tests' high-water marks out of the caller's state folder."""
    marks = tmp_path_factory.mktemp("highwater")
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith("SUXIN_")]:
            if name not in ("SUXIN_SHARED", "SUXIN_REQUIRE", "SUXIN_SOAK", "SUXIN_CHROMIUM", "SUXIN_JOBS"):
                patch.delenv(name)
        patch.setenv("SUXIN_HIGHWATER", str(marks / "of-wider-fixtures"))
        yield marks


@pytest.fixture(autouse=True)
def _own_highwater(monkeypatch: pytest.MonkeyPatch, _own_settings: Path) -> None:
    """Give each test marks of its own: two tests may open books of one origin."""
    monkeypatch.setenv("SUXIN_HIGHWATER", str(_own_settings / str(next(_NUMBERS))))
