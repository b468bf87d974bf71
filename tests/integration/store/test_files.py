"""Folders and files that outlive a power cut."""

from __future__ import annotations

from pathlib import Path

import pytest

from suxin.ledger.store import files


def test_a_folder_whose_name_could_not_be_made_safe_is_made_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: list[Path] = []

    def fails_once(folder: Path) -> None:
        synced.append(folder)
        if len(synced) == 1:
            raise OSError(5, "the disk failed")

    monkeypatch.setattr(files, "sync_folder", fails_once)
    with pytest.raises(OSError, match="the disk failed"):
        files.make_folder(tmp_path / "a" / "b")
    files.make_folder(tmp_path / "a" / "b")
    assert synced == [tmp_path, tmp_path, tmp_path / "a"]
    assert (tmp_path / "a" / "b").is_dir()
