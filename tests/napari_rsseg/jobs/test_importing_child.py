from __future__ import annotations

from pathlib import Path

import pytest

from napari_rsseg.errors import ModelError
from napari_rsseg.jobs.importing_child import import_in_child, is_authors_file


@pytest.mark.parametrize("name", ["Bijie.pth.tar", "best.PTH", "model.pt"])
def test_the_authors_endings_are_known(name: str) -> None:
    assert is_authors_file(Path(name))


def test_our_own_files_are_no_authors_files() -> None:
    assert not is_authors_file(Path("model.safetensors"))


def test_what_the_process_says_becomes_the_error(tmp_path: Path) -> None:
    path = tmp_path / "weights.pth"
    path.write_bytes(b"no weights at all")
    with pytest.raises(ModelError, match=r"weights\.pth"):
        import_in_child(path, "ktda-grass")
