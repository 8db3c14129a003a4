"""What the documentation tells readers to type exists."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from napari_rsseg.classes import load_scheme
from napari_rsseg.registry.card_file import card_of
from napari_rsseg.scenes.synthetic import write_synthetic

ROOT = Path(__file__).parents[1]
PAGES = sorted([ROOT / "README.md", *(ROOT / "docs").rglob("*.md")])
PROGRAMS = {"napari-rsseg": "napari_rsseg.cli.main", "rsseg-train": "rsseg_training.run.command"}
SHELL = re.compile(r"```sh\n(.*?)```", re.DOTALL)
INLINE = re.compile(r"`((?:napari-rsseg|rsseg-train) [^`]+)`")
SESSION = re.compile(r"nox -s ((?:[a-z]+ ?)+)")


def commands_of(text: str) -> set[tuple[str, ...]]:
    """Return the commands of our programs that a page shows, in words."""
    lines = [line for block in SHELL.findall(text) for line in block.splitlines()] + INLINE.findall(text)
    words = [tuple(shlex.split(line)) for line in lines if line.split() and line.split()[0] in PROGRAMS]
    return {entry for entry in words if len(entry) > 1 and not entry[1].startswith("`")}


def known_commands(program: str) -> dict[str, str]:
    """Return the help of every command of a program by its words, from typer's own documentation of it."""
    words = [sys.executable, "-m", "typer", PROGRAMS[program], "utils", "docs", "--name", program]
    text = subprocess.run(words, capture_output=True, text=True, check=True, cwd=ROOT).stdout
    sections = re.split(r"^#+ `([^`]+)`$", text, flags=re.MULTILINE)
    return dict(zip(sections[1::2], sections[2::2], strict=True))


@pytest.fixture(scope="module")
def known() -> dict[str, str]:
    return {name: text for program in PROGRAMS for name, text in known_commands(program).items()}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_every_command_and_option_on_a_page_exists(page: Path, known: dict[str, str]) -> None:
    unknown = []
    for words in commands_of(page.read_text(encoding="utf-8")):
        name = next((" ".join(words[:n]) for n in (3, 2) if " ".join(words[:n]) in known), None)
        options = [word.partition("=")[0] for word in words if word.startswith("--")]
        if name is None:
            unknown.append(" ".join(words))
        else:
            unknown += [f"{name} {option}" for option in options if f"`{option}" not in known[name]
                        and f", {option}" not in known[name] and option != "--help"]  # fmt: skip
    assert not unknown


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_every_nox_session_on_a_page_exists(page: Path) -> None:
    sessions = set(
        re.findall(r"^@nox\.session\ndef (\w+)", (ROOT / "noxfile.py").read_text("utf-8"), re.MULTILINE)
    )
    named = {name for match in SESSION.findall(page.read_text(encoding="utf-8")) for name in match.split()}
    assert named <= sessions


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_every_card_and_scheme_on_a_page_is_valid(page: Path, tmp_path: Path) -> None:
    text = page.read_text(encoding="utf-8")
    for block in re.findall(r"```json\n(.*?)```", text, re.DOTALL):
        card_of(json.loads(block), source=page.name)
    for block in re.findall(r"```toml\n(.*?)```", text, re.DOTALL):
        (tmp_path / "scheme.toml").write_text(block, encoding="utf-8")
        for picture in re.findall(r'^example = "(.*)"', block, re.MULTILINE):
            (tmp_path / picture).touch()
        assert load_scheme(tmp_path / "scheme.toml").classes


@pytest.mark.slow
def test_the_python_on_the_pages_runs(tmp_path: Path) -> None:
    page = (ROOT / "docs" / "how-to" / "use-from-python.md").read_text(encoding="utf-8")
    write_synthetic(tmp_path / "scene.tif", size=256, seed=0)
    places = {"RSSEG_CACHE": str(tmp_path / "cache"), "RSSEG_MODELS": str(tmp_path / "models")}
    for number, block in enumerate(re.findall(r"```python\n(.*?)```", page, re.DOTALL)):
        program = tmp_path / f"example_{number}.py"
        program.write_text(block, encoding="utf-8")
        words = [sys.executable, program.name]
        done = subprocess.run(
            words, cwd=tmp_path, capture_output=True, text=True, check=False, env=os.environ | places
        )
        assert done.returncode == 0, done.stderr
    assert {path.name for path in (tmp_path / "results").glob("*.tif")} == {
        "scene_landslide.tif",
        "scene_landslide_confidence.tif",
    }


def test_the_commands_for_researchers_run_as_written(tmp_path: Path) -> None:
    golden = Path(os.environ["RSSEG_GOLDEN"])
    if not golden.is_dir():
        pytest.skip(f"no checkpoints of the published form in {golden}; set RSSEG_GOLDEN")
    files = {
        "best_mIoU_iter_22770.pth": "ktda_checkpoint_best.pth",
        "Bijie.pth.tar": "tls_checkpoint_tiny.pth.tar",
        "iter_40000.pth": "std_checkpoint_tiny.pth",
    }
    for name, small in files.items():
        shutil.copy(golden / small, tmp_path / name)
    places = {"RSSEG_CACHE": str(tmp_path / "cache"), "RSSEG_MODELS": str(tmp_path / "models")}
    page = (ROOT / "docs" / "how-to" / "bring-a-checkpoint.md").read_text(encoding="utf-8")
    for line in "".join(SHELL.findall(page)).splitlines():
        words = [sys.executable, "-m", "napari_rsseg", *shlex.split(line)[1:]]
        done = subprocess.run(
            words, cwd=tmp_path, capture_output=True, text=True, check=False, env=os.environ | places
        )
        assert done.returncode == 0, f"{line}: {done.stderr}"
    assert {path.stem for path in (tmp_path / "models").glob("*.safetensors")} == {
        "ktda-ours",
        "bijie-ours",
        "potsdam-ours",
    }


def test_the_commands_that_make_a_dataset_run_as_written(tmp_path: Path) -> None:
    places = {"RSSEG_CACHE": str(tmp_path / "cache"), "RSSEG_MODELS": str(tmp_path / "models")}
    page = (ROOT / "docs" / "how-to" / "make-a-dataset.md").read_text(encoding="utf-8")
    for line in SHELL.findall(page)[0].splitlines():
        words = [sys.executable, "-m", "napari_rsseg", *shlex.split(line)[1:]]
        done = subprocess.run(
            words, cwd=tmp_path, capture_output=True, text=True, check=False, env=os.environ | places
        )
        assert done.returncode == 0, f"{line}: {done.stderr}"
    assert any((tmp_path / "slides_mmseg" / "img_dir" / "train").iterdir())
    assert (tmp_path / "slides_gpkg" / "labels.gpkg").is_file()


def test_every_page_is_in_the_navigation() -> None:
    listed = set(re.findall(r"^ +- ([a-z/-]+\.md)$", (ROOT / "mkdocs.yml").read_text("utf-8"), re.MULTILINE))
    written = {path.relative_to(ROOT / "docs").as_posix() for path in (ROOT / "docs").rglob("*.md")}
    assert written <= listed


def test_the_readme_opens_with_a_picture_and_the_two_commands() -> None:
    lines = (ROOT / "README.md").read_text(encoding="utf-8").splitlines()
    picture = re.search(r"\]\(([^)]+\.png)\)", lines[2])
    assert picture
    assert (ROOT / picture[1]).is_file()
    commands = [line for line in lines if line.startswith("python -m pip install nox")]
    assert commands == [f"python -m pip install nox && python -m nox -s {name}" for name in ("demo", "test")]
