"""Fuzz the readers of `parsers.py` with atheris, which sees the branches that each input takes.

    python tests/fuzz/run.py                every reader, one process each, a fixed number of inputs: the same in every run
    python tests/fuzz/run.py NAME [ARG..]   one reader, with libFuzzer's arguments: a file to feed again, -max_total_time=600

Exit 0: nothing found, or atheris is not to be had on this machine (it says so; with SUXIN_REQUIRE=fuzz that is a 1). 1: a reader
stumbled; the input is kept in the folder that is printed, and is fed again by naming it.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

RUNS = int(os.environ.get("SUXIN_FUZZ_RUNS") or 6_000)
LONGEST = 1 << 14
HERE = Path(__file__).resolve().parent


def one(name: str, arguments: list[str]) -> None:
    """Feed one reader until libFuzzer ends the process."""
    import atheris

    sys.path.insert(0, str(HERE.parent))
    with atheris.instrument_imports(include=["suxin.ledger", "suxin.api.submission"]):
        from fuzz.parsers import PARSERS, WORDS
    parser = PARSERS[name]
    folder = Path(tempfile.mkdtemp(prefix="suxin-fuzz-"))
    corpus = folder / "corpus"
    corpus.mkdir()
    for number, seed in enumerate(parser.seeds):
        (corpus / str(number)).write_bytes(seed)
    words = "".join('"' + "".join(f"\\x{byte:02x}" for byte in word) + '"\n' for word in WORDS)
    (folder / "words").write_text(words)
    usual = [f"-runs={RUNS}", "-seed=1", f"-max_len={LONGEST}", "-timeout=20", "-rss_limit_mb=2048", "-verbosity=0"]
    kept = [f"-dict={folder / 'words'}", f"-artifact_prefix={folder}/"]
    files = [argument for argument in arguments if not argument.startswith("-")]
    start = [] if files else [str(corpus)]

    def feed(raw: bytes) -> None:
        parser.feed(raw)

    atheris.Setup([sys.argv[0], *usual, *kept, *arguments, *start], feed)
    atheris.Fuzz()


def every() -> int:
    """Feed each reader in a process of its own, two at a time."""
    sys.path.insert(0, str(HERE.parent))
    from fuzz.parsers import PARSERS

    def run(name: str) -> tuple[str, subprocess.CompletedProcess[str]]:
        return name, subprocess.run([sys.executable, __file__, name], capture_output=True, text=True, check=False)

    fallen = 0
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for name, done in pool.map(run, PARSERS):
            fallen += done.returncode != 0
            print(f"fuzz: {name}: {'stumbled' if done.returncode else f'{RUNS} inputs'}", flush=True)
            if done.returncode:
                print(done.stdout[-2_000:] + done.stderr[-4_000:], flush=True)
    return 1 if fallen else 0


def main() -> int:
    """Whatever the command line asks for."""
    try:
        import atheris  # noqa: F401
    except ImportError:
        print("fuzz: not run: atheris has no build for this Python and this machine (it has for Linux on x86-64)")
        return int("fuzz" in os.environ.get("SUXIN_REQUIRE", "").split(","))
    if len(sys.argv) < 2:
        return every()
    one(sys.argv[1], sys.argv[2:])
    return 0


if __name__ == "__main__":
    sys.exit(main())
