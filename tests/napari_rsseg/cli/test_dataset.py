"""The dataset command: every labelled set comes in with one line, versions go out in every layout."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from napari_rsseg.cli.dataset import Format
from napari_rsseg.datasets.exporting import FORMATS
from napari_rsseg.datasets.pairing import IMAGE_SUFFIXES

from .labelled_sets import SCHEMES, SETS, LabelledSet

if TYPE_CHECKING:
    from collections.abc import Callable

FEW = 3


@pytest.fixture
def data() -> Path:
    folder = Path(os.environ["RSSEG_DATA"])
    if not folder.is_dir():
        pytest.skip(f"no shared data in {folder}; set RSSEG_DATA")
    return folder


@pytest.fixture
def slides(data: Path, tmp_path: Path, run: Callable[..., Any]) -> Path:
    """Return a project with three labelled pictures of landslides."""
    source = data / "landslide" / "coseismic_256"
    for kind, ending in (("images", ".tif"), ("masks", ".png")):
        (tmp_path / kind).mkdir()
        for name in ("370", "408", "638"):
            shutil.copy(source / kind / f"{name}{ending}", tmp_path / kind)
    words = ("--project", tmp_path / "p", "--schema", "landslide")
    done = run("dataset", "import", tmp_path / "images", tmp_path / "masks", *words)
    assert done.code == 0, done.err
    assert "3 images imported, 0 problems" in done.out
    return tmp_path / "p"


@pytest.mark.parametrize("entry", SETS, ids=lambda entry: entry.masks)
def test_every_labelled_set_is_imported_with_one_command(
    entry: LabelledSet, data: Path, tmp_path: Path, run: Callable[..., Any]
) -> None:
    images, masks = data / entry.images, data / entry.masks
    expected = 1
    if images.is_dir():
        pictures = sorted(path for path in images.iterdir() if path.suffix in IMAGE_SUFFIXES)[:FEW]
        images, expected = tmp_path / "images", len(pictures)
        images.mkdir()
        for path in pictures:
            shutil.copy(path, images)
        if masks.is_dir():
            partners = [path for path in masks.iterdir() if path.stem in {own.stem for own in pictures}]
            masks = tmp_path / "masks"
            masks.mkdir()
            for path in partners:
                shutil.copy(path, masks)
    schema = entry.schema
    if schema in SCHEMES:
        schema = str(tmp_path / "classes.toml")
        Path(schema).write_text(SCHEMES[entry.schema], encoding="utf-8")
    done = run(
        "dataset", "import", images, masks, "--project", tmp_path / "p", "--schema", schema,
        "--map", entry.id_map, "--tolerance", str(entry.tolerance), "--json",
    )  # fmt: skip
    assert done.code == 0, done.err
    assert len(done.json["imported"]) == expected
    assert done.json["problems"] == []
    assert sum(done.json["class_pixels"].values()) > 0
    assert done.json["changed_pixels"] == sum(done.json["class_pixels"].values())


def test_from_masks_to_every_layout_by_command(slides: Path, tmp_path: Path, run: Callable[..., Any]) -> None:
    made = run("dataset", "version", "--project", slides, "--split", "34/33/33", "--json")
    assert made.code == 0, made.err
    assert made.json["splits"] == {"train": 1, "val": 1, "test": 1}
    assert Path(made.json["folder"]).name == made.json["version"]
    for form in Format:
        done = run(
            "dataset", "export", made.json["version"][:10], "--project", slides, "--format", form.value,
            "--out", tmp_path / "out" / form.value,
        )  # fmt: skip
        if form is Format.geojson:
            done.assert_refused("has a place on the map", "gpkg")
        else:
            assert done.code == 0, done.err
            assert any((tmp_path / "out" / form.value).iterdir())
    assert [form.value for form in Format] == list(FORMATS)


def test_the_balance_of_classes_is_printed_and_versions_are_listed_shown_and_compared(
    slides: Path, run: Callable[..., Any]
) -> None:
    made = run("dataset", "version", "--project", slides)
    assert made.code == 0, made.err
    lines = made.out.splitlines()
    assert "train" in lines[0]
    assert any(line.strip().startswith("landslide") for line in lines)
    run("dataset", "version", "--project", slides, "--chip", "128", "--overlap", "0")
    listed = run("dataset", "list", "--project", slides, "--json").json["versions"]
    assert [version["name"] for version in listed] == ["v1", "v2"]
    assert listed[1]["parent"] == listed[0]["version"]
    assert "v2" in run("dataset", "list", "--project", slides).out
    assert "## Who labelled" in run("dataset", "show", "latest", "--project", slides).out
    assert run("dataset", "show", "v1", "--project", slides, "--json").json["card"]["format"] == 1
    changes = run("dataset", "compare", "v1", "v2", "--project", slides)
    assert changes.code == 0, changes.err
    assert "chips added" in changes.out
    same = run("dataset", "compare", "v1", "v1", "--project", slides, "--json").json
    assert same["added"] == same["removed"] == same["moved"] == []
    assert same["relabelled"] == {}


def test_bad_files_are_told_one_by_one_and_the_exit_code_says_so(
    slides: Path, tmp_path: Path, run: Callable[..., Any]
) -> None:
    (tmp_path / "masks" / "408.png").unlink()
    shutil.copy(tmp_path / "masks" / "370.png", tmp_path / "masks" / "900.png")
    words = ("--project", tmp_path / "q", "--schema", "landslide", "--json")
    done = run("dataset", "import", tmp_path / "images", tmp_path / "masks", *words)
    assert done.code == 2
    assert done.json["imported"] == ["370", "638"]
    errors = done.err.splitlines()
    assert len(errors) == 2
    assert "408.tif has no mask" in errors[0]
    assert "900.png has no image" in errors[1]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("version", "--split", "70/40"), ("70/15/15",)),
        (("version", "--chip", "1"), ("Chips of 1 pixels",)),
        (("export", "v9", "--format", "cog", "--out", "x"), ("no version 'v9'",)),
        (("show", "v9"), ("no version 'v9'", "dataset version")),
    ],
    ids=["shares", "chip", "export", "show"],
)
def test_what_cannot_be_done_is_said_in_a_line(
    words: tuple[str, ...], told: tuple[str, ...], slides: Path, run: Callable[..., Any]
) -> None:
    run("dataset", *words, "--project", slides).assert_refused(*told)


def test_a_map_with_mistakes_or_other_classes_are_refused(slides: Path, run: Callable[..., Any]) -> None:
    images, masks = slides.parent / "images", slides.parent / "masks"
    words = ("dataset", "import", images, masks, "--project", slides, "--schema")
    run(*words, "landslide", "--map", "1=mud").assert_refused("'mud' is no class", "landslide")
    run(*words, "cloud").assert_refused("not those of cloud")
