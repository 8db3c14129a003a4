"""What a newcomer, a developer and a continuous integration run type: ``nox -s demo``, ``nox -s test``, …

All sessions but ``wheel`` and ``lowest`` share one environment, so that torch is installed once.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

import nox

nox.options.sessions = ["lint", "test"]
nox.options.default_venv_backend = "none"
nox.needs_version = ">=2024.4.15"

ROOT = Path(__file__).parent
ENVIRONMENTS = ROOT / ".nox"
PYTHONS = ((3, 11), (3, 14))  # from, up to but not including
PATH_VARIABLES = {"RSSEG_DATA": "data", "RSSEG_WEIGHTS": "weights", "RSSEG_GOLDEN": "golden"}
DEBIAN_PACKAGES = (
    "xvfb", "libegl1", "libfontconfig1", "libglib2.0-0", "libdbus-1-3", "libxkbcommon-x11-0",
    "libxcb-cursor0", "libxcb-icccm4", "libxcb-keysyms1", "libxcb-shape0",
)  # fmt: skip
LOOPBACK_ONLY = ROOT / "tests" / "loopback_only"  # holds a sitecustomize: every Python of the run obeys it


@nox.session
def lint(session: nox.Session) -> None:
    """Format, lint, types, contracts of imports, manifest and wheel."""
    python = _shared_environment(session)
    _system_packages(session)
    _run(session, python, "-m", "ruff", "format", "--check", ".")
    _run(session, python, "-m", "ruff", "check", ".")
    _run(session, python, "-m", "mypy")
    _run(session, _tool(python, "lint-imports"), env={"PYTHONPATH": _path(ROOT, ROOT / "training")})
    _run(session, python, "-m", "npe2", "validate", "--imports", "napari_rsseg")
    _run(session, _tool(python, "check-wheel-contents"), _wheel(session, python))


@nox.session
def test(session: nox.Session) -> None:
    """Run every test but the slow ones; arguments after ``--`` go to pytest."""
    _pytest(session, "-n", "2", "--dist", "loadfile", *session.posargs)


@nox.session
def slow(session: nox.Session) -> None:
    """Run the tests that take longer than a developer waits."""
    _pytest(session, "-m", "slow", "--timeout", "5400", *session.posargs)


@nox.session
def bench(session: nox.Session) -> None:
    """Print the measured figures, those of an accelerator too where there is one."""
    python = _shared_environment(session)
    asked = subprocess.run(
        [python, "-c", "import torch; print(torch.cuda.is_available())"], capture_output=True, check=True
    )
    marks = "bench or gpu" if b"True" in asked.stdout else "bench and not gpu"
    _pytest(session, "-m", marks, "-s", "-p", "no:xdist", "--timeout", "5400", *session.posargs)


@nox.session
def offline(session: nox.Session) -> None:
    """Run the tests with the network blocked: by a network namespace where allowed, else by a guard."""
    python = _shared_environment(session)
    _system_packages(session)
    words = [python, "-m", "pytest", "-n", "2", "--dist", "loadfile", *session.posargs]
    loopback = [python, str(LOOPBACK_ONLY / "raise_loopback.py")]
    isolate = ["unshare", "--net", "--map-root-user"]
    if shutil.which("unshare") and subprocess.run([*isolate, *loopback], capture_output=True).returncode == 0:
        session.log("The tests run in a network namespace that holds loopback alone.")
        words = [*isolate, *loopback, *words]
    else:
        session.log("No network namespace may be made here: a guard in every Python refuses other hosts.")
    _run(session, *words, env={**_test_environment(session), "PYTHONPATH": _path(LOOPBACK_ONLY)})


@nox.session
def demo(session: nox.Session) -> None:
    """Open a scene in napari and segment it for all tasks; without a screen, leave the pictures."""
    python = _shared_environment(session)
    _system_packages(session)
    _run(session, _tool(python, "napari-rsseg"), "demo", *session.posargs, env=_places())


@nox.session
def docs(session: nox.Session) -> None:
    """Build the documentation into ``site``; a broken link or name fails."""
    python = _shared_environment(session)
    environment = {"NO_MKDOCS_2_WARNING": "1", "PYTHONPATH": _path(ROOT, ROOT / "training")}
    _run(session, python, "-m", "mkdocs", "build", "--strict", *session.posargs, env=environment)


@nox.session
def wheel(session: nox.Session) -> None:
    """Install the wheel alone into a new environment and run the demo outside the checkout."""
    built = _wheel(session, _shared_environment(session))
    _system_packages(session)
    folder = ENVIRONMENTS / "wheel"
    shutil.rmtree(folder, ignore_errors=True)
    python = _new_environment(session, folder)
    _run(session, python, "-m", "pip", "install", "--quiet", f"{built}[gui]")
    away = folder / "elsewhere"
    away.mkdir()
    nowhere = {name: str(away / "none") for name in PATH_VARIABLES}  # nothing but the wheel
    with session.chdir(away):
        outside = {**nowhere, "RSSEG_CACHE": str(away / "cache"), "DISPLAY": None, "WAYLAND_DISPLAY": None}
        _run(session, _tool(python, "napari-rsseg"), "demo", "--out", str(away / "out"), env=outside)
    written = sorted(path.name for path in (away / "out").rglob("*.tif"))
    if not all(any(task in name for name in written) for task in ("landslide", "cloud", "grass")):
        session.error(f"The demo ended well but wrote only {written}.")
    session.log(f"The demo of the installed wheel wrote {', '.join(written)}.")


@nox.session
def lowest(session: nox.Session) -> None:
    """Run the tests on the lowest versions that pyproject.toml allows, on the lowest Python."""
    shared = _shared_environment(session)
    _system_packages(session)
    _run(session, shared, "-m", "pip", "install", "--quiet", "uv")
    folder = ENVIRONMENTS / "lowest"
    python = _python_of(folder)
    uv = (shared, "-m", "uv")
    _run(session, *uv, "venv", "--quiet", "--seed", "--clear", "--python", "3.11", str(folder))
    options = ("--quiet", "--python", python, "--resolution", "lowest-direct")
    _run(session, *uv, "pip", "install", *options, "--editable", ".[gui,test]")
    words = ("-n", "2", "--dist", "loadfile", *session.posargs)
    _run(session, python, "-m", "pytest", *words, env=_test_environment(session))


@nox.session
def starters(session: nox.Session) -> None:
    """Train the three starters again by their recipes; stopped, it goes on where it was."""
    python = _shared_environment(session)
    _run(session, _tool(python, "rsseg-train"), "starters", *session.posargs, env=_places())


@nox.session
def evaluate(session: nox.Session) -> None:
    """Measure the starters against a plain U-Net, all seeds; stopped, it goes on where it was."""
    python = _shared_environment(session)
    _run(session, _tool(python, "rsseg-train"), "evaluate-starters", *session.posargs, env=_places())


def _run(session: nox.Session, *words: str, env: dict[str, str | None] | None = None) -> None:
    session.run(*words, external=True, env=env)


def _path(*folders: Path) -> str:
    return os.pathsep.join(map(str, folders))


def _tool(python: str, name: str) -> str:
    return str(Path(python).with_name(name))


def _python_of(folder: Path) -> str:
    return str(folder / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python"))


def _new_environment(session: nox.Session, folder: Path) -> str:
    """Make an environment with the virtualenv that nox brings; return its interpreter."""
    lowest_python, ceiling = PYTHONS
    if not lowest_python <= sys.version_info[:2] < ceiling:
        running = f"{sys.version_info.major}.{sys.version_info.minor}"
        session.error(f"nox runs on Python {running}; install and start it with Python 3.11, 3.12 or 3.13.")
    _run(session, sys.executable, "-m", "virtualenv", "--quiet", str(folder))
    return _python_of(folder)


def _shared_environment(session: nox.Session) -> str:
    """Make or update the environment that the sessions share; return its interpreter."""
    folder = ENVIRONMENTS / "shared"
    python, stamp = _python_of(folder), folder / "installed"
    wanted = hashlib.sha256((ROOT / "pyproject.toml").read_bytes() + sys.version.encode()).hexdigest()
    if stamp.is_file() and stamp.read_text() == wanted and Path(python).exists():
        return python
    if not Path(python).exists():
        _new_environment(session, folder)
    _run(session, python, "-m", "pip", "install", "--quiet", "--editable", ".[gui,test,lint,docs]")
    stamp.write_text(wanted)
    return python


def _wheel(session: nox.Session, python: str) -> str:
    """Build the wheel and return its path."""
    folder = ENVIRONMENTS / "dist"
    shutil.rmtree(folder, ignore_errors=True)
    options = ("--quiet", "--no-deps", "--no-build-isolation", "--wheel-dir", str(folder))
    _run(session, python, "-m", "pip", "wheel", *options, ".")
    return str(next(folder.glob("*.whl")))


def _places() -> dict[str, str | None]:
    """Return where the shared data lie, unless the caller's environment says otherwise."""
    shared = ROOT.parent / "shared"
    return {name: os.environ.get(name) or str(shared / folder) for name, folder in PATH_VARIABLES.items()}


def _test_environment(session: nox.Session) -> dict[str, str | None]:
    """Return the environment of a test run: own napari settings, one thread for each of two workers."""
    settings = Path(session.create_tmp()) / "napari.yaml"
    return {**_places(), "NAPARI_CONFIG": str(settings), "OMP_NUM_THREADS": "1", "PYTHONFAULTHANDLER": "1"}


def _pytest(session: nox.Session, *words: str) -> None:
    python = _shared_environment(session)
    _system_packages(session)
    _run(session, python, "-m", "pytest", *words, env=_test_environment(session))


def _is_installed(package: str) -> bool:
    names = (package, f"{package}t64")  # newer releases renamed some when their time became 64 bits wide
    asked = ["dpkg-query", "--show", "--showformat", "${db:Status-Status}\n", *names]
    return "installed" in subprocess.run(asked, capture_output=True, text=True, check=False).stdout.split()


def _system_packages(session: nox.Session) -> None:
    """Install what Qt and software OpenGL need of a Debian without a screen, where it is missing."""
    if not (sys.platform == "linux" and shutil.which("apt-get") and shutil.which("dpkg-query")):
        return
    missing = [package for package in DEBIAN_PACKAGES if not _is_installed(package)]
    if not missing:
        return
    install = ["apt-get", "install", "--yes", "--no-install-recommends", *missing]
    if os.geteuid() == 0:
        prefix = []
    elif shutil.which("sudo") and (sys.stdin.isatty() or _quiet(["sudo", "--non-interactive", "true"])):
        prefix = ["sudo"]
    else:
        session.error(f"System packages are missing: run `sudo {' '.join(install)}`, then this again.")
    environment = {"DEBIAN_FRONTEND": "noninteractive"}
    _run(session, *prefix, "apt-get", "update", "--quiet", env=environment)
    _run(session, *prefix, *install, env=environment)


def _quiet(words: list[str]) -> bool:
    return subprocess.run(words, capture_output=True, check=False).returncode == 0
