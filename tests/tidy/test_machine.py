"""The test machinery itself: a real PostgreSQL, a real browser, and skips that count."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa
from playwright.sync_api import Browser
from rig.postgres import Postgres

pytest_plugins = ["pytester"]


def test_postgres_gives_each_test_an_empty_database_and_roles_can_log_in(
    postgres: Postgres, postgres_url: str, postgres_role: Callable[[str, str], str]
) -> None:
    engine = sa.create_engine(postgres_url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        assert connection.scalar(sa.text("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'")) == 0
        connection.execute(sa.text("CREATE TABLE leaf (body bytea)"))
        connection.execute(sa.text("CREATE ROLE reader LOGIN"))
        connection.execute(sa.text("GRANT SELECT ON leaf TO reader"))
    engine.dispose()
    other = sa.create_engine(postgres_role(postgres_url, "reader"))
    with other.connect() as connection:
        assert connection.scalar(sa.text("SELECT current_user")) == "reader"
        with pytest.raises(sa.exc.ProgrammingError, match="permission denied"):
            connection.execute(sa.text("DELETE FROM leaf"))
    other.dispose()
    fresh = postgres.create()
    engine = sa.create_engine(postgres.url(fresh))
    with engine.connect() as connection:
        assert not sa.inspect(connection).get_table_names()
    engine.dispose()
    postgres.drop(fresh)


def test_browser_draws_chinese(browser: Browser) -> None:
    page = browser.new_page()
    page.set_content("<p id=a>溯信</p>")
    assert page.inner_text("#a") == "溯信"
    page.close()


@pytest.fixture
def rigged(pytester: pytest.Pytester, root: Path, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    """A small suite of its own that has the plugin."""
    monkeypatch.delenv("SUXIN_REQUIRE", raising=False)
    monkeypatch.setenv("PYTHONPATH", str(root / "tests"))
    pytester.makepyfile(
        test_some="""
        import pytest
        @pytest.fixture
        def server():
            pytest.skip("postgres: none here")
        def test_passes(): pass
        def test_needs(server): pass
        @pytest.mark.soak
        def test_long(): pass
        """,
        test_whole='import pytest\npytest.skip("shared: absent", allow_module_level=True)\n',
    )
    return pytester


def run(rigged: pytest.Pytester, *options: str) -> pytest.RunResult:
    return rigged.runpytest_subprocess("-p", "rig.outcomes", "-W", "ignore::pytest.PytestUnknownMarkWarning", *options)


@pytest.mark.parametrize("options", [(), ("-n", "2")], ids=["alone", "two workers"])
def test_closing_line_says_what_did_not_run_and_why(rigged: pytest.Pytester, options: tuple[str, ...]) -> None:
    result = run(rigged, *options)
    assert result.ret == 0
    result.stdout.fnmatch_lines(
        [
            "ran 1, did not run 3: postgres: none here (1); shared: absent (1); soak: only with `make soak` (1)",
            "*1 passed, 3 skipped*",
        ]
    )


def test_required_need_fails_instead_of_skipping(rigged: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SUXIN_REQUIRE", "postgres")
    result = run(rigged)
    assert result.ret == 1
    result.stdout.fnmatch_lines(["*SUXIN_REQUIRE forbids this skip: postgres: none here*", "*1 passed, 2 skipped, 1 error*"])


def test_required_need_fails_a_whole_module(rigged: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SUXIN_REQUIRE", "browser, shared")
    result = run(rigged)
    assert result.ret != 0
    result.stdout.fnmatch_lines(["*SUXIN_REQUIRE forbids this skip: shared: absent*"])


def test_soak_tests_run_when_asked_for(rigged: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SUXIN_SOAK", "1")
    result = run(rigged)
    result.stdout.fnmatch_lines(["ran 2, did not run 2: *"])


def test_browser_script_takes_the_named_browser_and_refuses_a_broken_one(root: Path, tmp_path: Path) -> None:
    stub = tmp_path / "chromium"
    stub.write_text("#!/bin/sh\nexit 0\n")
    stub.chmod(0o755)
    find = [root / "scripts/browser", "--find"]
    environment = {"PATH": "/usr/bin:/bin", "SUXIN_CHROMIUM": str(stub)}
    found = subprocess.run(find, env=environment, capture_output=True, text=True, check=True)
    assert found.stdout.strip() == str(stub)
    stub.write_text("#!/bin/sh\necho 'install the snap' >&2; exit 1\n")
    found = subprocess.run(find, env=environment | {"HOME": os.devnull}, capture_output=True, text=True, check=False)
    assert str(stub) not in found.stdout
