from __future__ import annotations

import shutil
import sys
from collections import namedtuple
from importlib import metadata
from typing import TYPE_CHECKING, Any

import pytest

from napari_rsseg.cli import health
from napari_rsseg.settings import cache_folder

if TYPE_CHECKING:
    from pathlib import Path

CPU_TORCH: dict[str, Any] = {"cuda": False, "mps": False, "cuda_build": None}


def fake_gpu(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Put a program before all others that answers as the NVIDIA driver's does."""
    program = folder / "nvidia-smi"
    program.write_text("#!/bin/sh\necho 'NVIDIA H200, 550.54'\n", encoding="utf-8")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(folder), prepend=":")


def test_a_gpu_with_a_torch_that_lacks_cuda_gets_the_command_that_mends_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake_gpu(tmp_path, monkeypatch)
    check = health.check_gpu(CPU_TORCH)
    assert check.state == "problem"
    assert "NVIDIA H200" in check.found
    assert check.remedy.startswith(f"{sys.executable} -m pip install --force-reinstall torch torchvision")


def test_a_gpu_with_too_old_a_driver_is_told_apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake_gpu(tmp_path, monkeypatch)
    check = health.check_gpu({**CPU_TORCH, "cuda_build": "13.2"})
    assert check.state == "problem"
    assert "13.2" in check.found
    assert "driver" in check.remedy


def test_no_gpu_and_a_used_gpu_are_both_well(monkeypatch: pytest.MonkeyPatch) -> None:
    assert health.check_gpu({**CPU_TORCH, "cuda": True}).state == "ok"
    monkeypatch.setenv("PATH", "")
    assert health.check_gpu(CPU_TORCH).state == "ok"


@pytest.mark.parametrize(
    ("version", "python", "state"),
    [("6.12.0", (3, 11), "problem"), ("6.12.0", (3, 12), "ok"), ("6.11.3", (3, 11), "ok")],
)
def test_the_release_of_pyside_that_ends_python_3_11_is_found(
    monkeypatch: pytest.MonkeyPatch, version: str, python: tuple[int, int], state: str
) -> None:
    versions = {"PySide6_Essentials": version, "napari": "0.9.2"}
    monkeypatch.setattr(metadata, "version", lambda package: versions.get(package, "1"))
    monkeypatch.setattr(sys, "version_info", (*python, 0))
    check = health.check_qt()
    assert check.state == state
    assert ("PySide6_Essentials<6.12" in check.remedy) == (state == "problem")


def test_torch_that_cannot_be_imported_is_a_problem_with_its_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "torch.py").write_text("raise ImportError('libcudart is missing')", encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    check, found = health.check_torch()
    assert (check.state, found) == ("problem", None)
    assert "libcudart is missing" in check.found


def test_torch_is_asked_in_a_process_of_its_own() -> None:
    check, found = health.check_torch()
    assert check.state == "ok"
    assert found is not None
    assert check.found.startswith(f"torch {found['version']} on ")


@pytest.mark.parametrize(("free_gib", "state"), [(0.1, "problem"), (2, "warning"), (90, "ok")])
def test_little_space_is_said_where_predictions_go(
    monkeypatch: pytest.MonkeyPatch, free_gib: float, state: str
) -> None:
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda _place: usage(0, 0, int(free_gib * (1 << 30))))
    check = health.check_disk()
    assert check.state == state
    assert str(cache_folder()) in check.found
    assert bool(check.remedy) == (state != "ok")


def test_weights_are_listed_or_the_variable_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RSSEG_WEIGHTS", str(tmp_path / "none"))
    assert "RSSEG_WEIGHTS" in health.check_weights().remedy
    monkeypatch.setenv("RSSEG_WEIGHTS", str(tmp_path))
    (tmp_path / "sam.pt").write_bytes(b"1")
    assert "sam.pt" in health.check_weights().found


def test_versions_name_python_and_this_package() -> None:
    found = health.check_versions().found
    assert found.startswith("Python 3.")
    assert "napari-rsseg" in found


def test_a_task_without_a_model_is_a_problem(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("napari_rsseg.registry.sources.starters_folder", lambda: tmp_path)
    check = health.check_models()
    assert check.state == "problem"
    assert "no model segments grass or cloud or landslide" in check.found
