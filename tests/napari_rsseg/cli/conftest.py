from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import tifffile

from napari_rsseg.cli.main import main

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import numpy.typing as npt


@pytest.fixture(autouse=True)
def own_places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RSSEG_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("RSSEG_MODELS", str(tmp_path / "models"))


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], outcome: Callable[..., Any]) -> Callable[..., Any]:
    """Run a command in this process, as the console script does."""

    def call(*words: str | Path) -> Any:
        capsys.readouterr()
        code = main([str(word) for word in words])
        captured = capsys.readouterr()
        return outcome(code, captured.out, captured.err)

    return call


@pytest.fixture
def write_labels() -> Callable[[Path, object], Path]:
    """Write class ids as a small TIFF."""

    def write(path: Path, rows: object) -> Path:
        path.parent.mkdir(parents=True, exist_ok=True)
        labels: npt.NDArray[np.uint8] = np.asarray(rows, dtype=np.uint8)
        tifffile.imwrite(path, labels)
        return path

    return write
