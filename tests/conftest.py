"""What every test runs with: places of its own for what is written, and the shared data where they lie."""

from __future__ import annotations

import importlib
import importlib.util
import os
import shutil
import tempfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
_SHARED = {"RSSEG_DATA": "data", "RSSEG_WEIGHTS": "weights", "RSSEG_GOLDEN": "golden"}
_OWN = pytest.StashKey[Path]()


def pytest_configure(config: pytest.Config) -> None:
    """Point settings, cache and models of this run and its children at a folder that goes when it ends."""
    own = Path(tempfile.mkdtemp(prefix="rsseg-test-"))
    config.stash[_OWN] = own
    os.environ["NAPARI_CONFIG"] = str(own / "napari.yaml")
    os.environ["RSSEG_CACHE"] = str(own / "cache")
    os.environ["RSSEG_CONFIG"] = str(own / "config")
    os.environ["RSSEG_MODELS"] = str(own / "models")
    os.environ["MPLBACKEND"] = "agg"
    # Triton, which torch brings, and Mesa's software renderer each carry an LLVM: loaded after the other's
    # first window, triton ends the process. Only tests hold both in one process.
    if importlib.util.find_spec("triton"):
        importlib.import_module("triton")
    for variable, folder in _SHARED.items():
        os.environ.setdefault(variable, str(ROOT.parent / "shared" / folder))


def pytest_unconfigure(config: pytest.Config) -> None:
    """Remove that folder."""
    shutil.rmtree(config.stash[_OWN], ignore_errors=True)
