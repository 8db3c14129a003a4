"""What a machine needs for this software: each check says what was found and what to do."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from dataclasses import dataclass
from importlib import metadata
from typing import TYPE_CHECKING, Literal

from napari_rsseg.cli.screen import DEBIAN_PACKAGES, has_own_screen, open_screen
from napari_rsseg.errors import RssegError
from napari_rsseg.settings import cache_folder, weights_folder

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pydantic import JsonValue

__all__ = [
    "Check",
    "check_disk",
    "check_engine",
    "check_gpu",
    "check_models",
    "check_opengl",
    "check_qt",
    "check_torch",
    "check_versions",
    "check_weights",
]

State = Literal["ok", "warning", "problem"]

_PACKAGES = (
    "napari-rsseg", "napari", "PySide6_Essentials", "PyQt6", "torch", "torchvision", "timm",
    "segment-anything", "rasterio", "tifffile", "imagecodecs", "zarr", "dask", "distributed", "numpy",
)  # fmt: skip
_PROBE_SECONDS = 180
_GIB = 1 << 30

_TORCH_PROBE = """
import json, torch
found = {"version": torch.__version__, "cuda_build": torch.version.cuda, "threads": torch.get_num_threads()}
found["cuda"] = torch.cuda.is_available()
found["mps"] = torch.backends.mps.is_available()
found["devices"] = [
    {"name": torch.cuda.get_device_name(i), "bytes": torch.cuda.get_device_properties(i).total_memory}
    for i in range(torch.cuda.device_count())
] if found["cuda"] else []
print(json.dumps(found))
"""
_OPENGL_PROBE = """
import json
from qtpy.QtGui import QGuiApplication, QOffscreenSurface, QOpenGLContext
application = QGuiApplication([])
surface = QOffscreenSurface()
surface.create()
context = QOpenGLContext()
works = context.create() and context.makeCurrent(surface)
read = context.functions().glGetString if works else None
version, renderer = (read(0x1F02), read(0x1F01)) if read else ("", "")
print(json.dumps({"works": bool(works), "version": version, "renderer": renderer}))
"""


@dataclass(frozen=True)
class Check:
    """One thing looked at.

    Attributes
    ----------
    name : str
        What was looked at.
    state : {"ok", "warning", "problem"}
        ``problem``: something does not work until the remedy is done.
    found : str
        What is there.
    remedy : str
        What to do; empty when all is well.
    """

    name: str
    state: State
    found: str
    remedy: str = ""


def _version(package: str) -> str | None:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


def _probe(code: str, environment: Mapping[str, str] | None = None) -> dict[str, JsonValue] | str:
    """Run a few lines in a Python of their own; return what they report, or the last line of their error."""
    try:
        done = subprocess.run(
            [sys.executable, "-c", code],
            env=None if environment is None else dict(environment),
            capture_output=True,
            text=True,
            errors="backslashreplace",
            timeout=_PROBE_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return f"no answer within {_PROBE_SECONDS} s"
    if done.returncode:
        lines = done.stderr.strip().splitlines()
        return lines[-1] if lines else f"ended with code {done.returncode}"
    report = json.loads(done.stdout.splitlines()[-1])
    return report if isinstance(report, dict) else "no report"


def check_versions() -> Check:
    """List Python and the packages that matter."""
    found = {package: _version(package) for package in _PACKAGES}
    listed = ", ".join(f"{package} {version}" for package, version in found.items() if version)
    return Check("versions", "ok", f"Python {sys.version.split()[0]}; {listed}")


def check_qt() -> Check:
    """Look for napari, a Qt binding, and the release of PySide6 that ends Python 3.11."""
    pyside, pyqt = _version("PySide6_Essentials"), _version("PyQt6")
    install = f'{sys.executable} -m pip install "napari-rsseg[gui]"'
    if _version("napari") is None or (pyside is None and pyqt is None):
        return Check(
            "window", "warning", "napari or a Qt binding is missing; the command line works", install
        )
    if pyside == "6.12.0" and sys.version_info < (3, 12):
        return Check(
            "window",
            "problem",
            "PySide6 6.12.0 on Python 3.11 ends the process after some thousand frames",
            f'{sys.executable} -m pip install "PySide6_Essentials<6.12"',
        )
    return Check("window", "ok", f"PySide6 {pyside}" if pyside else f"PyQt6 {pyqt}")


def check_torch() -> tuple[Check, dict[str, JsonValue] | None]:
    """Import torch in a process of its own; return what it reports of devices as well."""
    found = _probe(_TORCH_PROBE)
    if isinstance(found, str):
        remedy = f"{sys.executable} -m pip install --upgrade torch torchvision"
        return Check("torch", "problem", f"torch cannot be imported ({found})", remedy), None
    devices = found["devices"]
    assert isinstance(devices, list)
    names = [
        f"{device['name']} with {float(str(device['bytes'])) / _GIB:.0f} GiB"
        for device in devices
        if isinstance(device, dict)
    ]
    if found["mps"]:
        names.append("Apple GPU (mps)")
    where = ", ".join(names) or f"CPU with {found['threads']} threads"
    return Check("torch", "ok", f"torch {found['version']} on {where}"), found


def _nvidia_gpu() -> str | None:
    """Return what the NVIDIA driver says of GPU and driver; None where there is no driver."""
    program = shutil.which("nvidia-smi")
    if program is None:
        return None
    query = [program, "--query-gpu=name,driver_version", "--format=csv,noheader"]
    try:
        done = subprocess.run(query, capture_output=True, text=True, timeout=_PROBE_SECONDS, check=False)
    except (subprocess.TimeoutExpired, OSError):
        return None
    return done.stdout.strip().splitlines()[0] if done.returncode == 0 and done.stdout.strip() else None


def check_gpu(torch: Mapping[str, JsonValue] | None) -> Check:
    """Compare the GPU that the driver sees with what torch can use."""
    gpu = _nvidia_gpu()
    if torch is not None and (torch["cuda"] or torch["mps"]):
        return Check("GPU", "ok", "torch uses the GPU")
    if gpu is None:
        return Check("GPU", "ok", "none found; the CPU is used")
    if torch is None or torch["cuda_build"] is None:
        # PyPI's wheels hold CUDA on Linux only
        index = (
            "" if sys.platform.startswith("linux") else " --index-url https://download.pytorch.org/whl/cu126"
        )
        return Check(
            "GPU",
            "problem",
            f"{gpu} is there, but this torch is built without CUDA",
            f"{sys.executable} -m pip install --force-reinstall torch torchvision{index}",
        )
    return Check(
        "GPU",
        "problem",
        f"{gpu} is there, but torch, built for CUDA {torch['cuda_build']}, cannot use it",
        "Update the NVIDIA driver, or install a torch built for an older CUDA.",
    )


def check_engine() -> Check:
    """Start an engine, ask for its device, and end it."""
    from napari_rsseg.engine.cluster import Engine

    try:
        engine = Engine.start()
        try:
            device = engine.device()
        finally:
            engine.close()
    except RssegError as error:
        return Check("engine", "problem", error.found, error.remedy)
    return Check(
        "engine", "ok", f"a worker starts and uses {device.name} ({device.kind}, {device.precision})"
    )


def check_opengl() -> Check:
    """Make an OpenGL context on this machine's screen, or on a virtual one."""
    packages = f"apt-get install --no-install-recommends {' '.join(DEBIAN_PACKAGES)}"
    if _version("PySide6_Essentials") is None and _version("PyQt6") is None:
        return Check("OpenGL", "warning", "not tried: no Qt binding", 'pip install "napari-rsseg[gui]"')
    try:
        with open_screen() as screen:
            found = _probe(_OPENGL_PROBE, screen.environment)
    except RssegError as error:
        return Check("OpenGL", "warning", error.found, error.remedy)
    if isinstance(found, str) or not found["works"]:
        reason = found if isinstance(found, str) else "no context"
        return Check("OpenGL", "problem", f"OpenGL does not start ({reason})", packages)
    where = "this screen" if has_own_screen() else "a virtual screen (Xvfb)"
    return Check("OpenGL", "ok", f"{found['version']}, {found['renderer']}, on {where}")


def check_models() -> Check:
    """Look for a whole model of each task."""
    from napari_rsseg.classes.scheme import BUILTIN_SCHEMES
    from napari_rsseg.registry import check_model, scan_models

    scan = scan_models()
    problems = [str(entry.error) for entry in scan.broken]
    for model in scan.models:
        try:
            check_model(model)
        except RssegError as error:
            problems.append(str(error))
    lacking = [task for task in BUILTIN_SCHEMES if task not in {model.task for model in scan.models}]
    names = ", ".join(model.card.name for model in scan.models) or "none"
    if lacking:
        problems.append(f"no model segments {' or '.join(lacking)}")
    if problems:
        return Check("models", "problem", f"{names}; {'; '.join(problems)}", "napari-rsseg models check")
    return Check("models", "ok", names)


def check_weights() -> Check:
    """Look for weights of other authors, which training and full-size models start from."""
    folder = weights_folder()
    suffixes = {".safetensors", ".pt", ".pth", ".tar"}
    files = (
        sorted(path.name for path in folder.iterdir() if path.suffix in suffixes) if folder.is_dir() else []
    )
    if files:
        return Check("weights", "ok", f"{', '.join(files)} in {folder.resolve()}")
    return Check(
        "weights",
        "ok",
        f"no weights of other authors in {folder}; only training and full-size models need them",
        "Set RSSEG_WEIGHTS to the folder that holds them.",
    )


def check_disk() -> Check:
    """Look at the free space where predictions are kept."""
    folder = cache_folder()
    place = next(path for path in (folder, *folder.absolute().parents) if path.exists())
    free = shutil.disk_usage(place).free / _GIB
    found = f"{free:.1f} GiB free for predictions in {folder}"
    if free < 0.5:
        return Check("disk", "problem", found, "Free space, or set RSSEG_CACHE to a larger disk.")
    state: State = "warning" if free < 5 else "ok"
    remedy = "A large scene needs some GiB: set RSSEG_CACHE to a larger disk." if state == "warning" else ""
    return Check("disk", state, found, remedy)
