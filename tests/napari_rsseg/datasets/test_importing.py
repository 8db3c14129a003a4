"""Sets are paired, checked file by file and taken; what people corrected is never overwritten."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

from napari_rsseg.classes import CLOUD, LANDSLIDE
from napari_rsseg.datasets.collecting import collect, opened_project
from napari_rsseg.datasets.label_map import parse_label_map
from napari_rsseg.datasets.mask_files import open_mask
from napari_rsseg.datasets.pairing import pair_files
from napari_rsseg.editing import Operation, open_session
from napari_rsseg.errors import DatasetError, ProjectError
from napari_rsseg.project import LabelBlock, Project, Provenance
from napari_rsseg.scenes.windows import Window

if TYPE_CHECKING:
    from pathlib import Path

    import numpy.typing as npt

    from napari_rsseg.project import SceneEntry


def picture(path: Path, pixels: npt.NDArray[np.uint8], palette: list[int] | None = None) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    image = Image.fromarray(pixels)
    if palette:
        image.putpalette(palette)
    image.save(path)
    return path


def image_of(path: Path, height: int = 40, width: int = 50, seed: int = 0) -> Path:
    draw = np.random.default_rng(seed)
    return picture(path, draw.integers(0, 255, (height, width, 3)).astype(np.uint8))


def half(value: int = 255, height: int = 40, width: int = 50) -> npt.NDArray[np.uint8]:
    labels = np.zeros((height, width), dtype=np.uint8)
    labels[:, : width // 2] = value
    return labels


def said(project: Project, entry: SceneEntry) -> LabelBlock:
    return project.label_store(entry.id).read(Window.of(entry.height, entry.width))


@pytest.fixture
def slides(tmp_path: Path) -> Path:
    """Three good pairs, and one of each thing that goes wrong."""
    folder = tmp_path / "set"
    for seed, name in enumerate(("a", "b", "c", "small", "strange", "broken", "alone")):
        image_of(folder / "images" / f"{name}.png", seed=seed)
    for name in ("a", "b", "c"):
        picture(folder / "masks" / f"{name}.png", half())
    picture(folder / "masks" / "small.png", half(height=20))
    picture(folder / "masks" / "strange.png", half(77))
    (folder / "masks" / "broken.png").write_bytes(b"\x89PNG of nothing")
    picture(folder / "masks" / "nobody.png", half())
    return folder


def test_good_files_are_kept_and_each_bad_one_is_told(slides: Path, tmp_path: Path) -> None:
    with opened_project(tmp_path / "p", LANDSLIDE) as project:
        report = collect(project, slides / "images", slides / "masks", id_map="255=landslide")
        assert report.imported == ["a", "b", "c"]
        told = "\n".join(report.problems)
        assert "alone.png has no mask" in told
        assert "nobody.png has no image" in told
        assert "small.png is 20 x 50 pixels, the image 40 x 50" in told
        assert "strange.png holds unknown values: 77 (1,000 px)" in told
        assert '--map "77=CLASS"' in told
        assert "broken.png cannot be read" in told
        assert len(report.problems) == 5
        assert report.class_pixels.tolist() == [3000, 3000]
        assert [entry.title for entry in project.scenes()] == ["a", "b", "c"]
        block = said(project, project.scenes()[0])
        assert np.array_equal(block.labels, half(1))
        assert (block.provenance == Provenance.IMPORTED).all()
        (actor,) = project.catalogue.rows("SELECT * FROM actors WHERE kind = 'import'")
        assert (block.actor == actor["id"]).all()
        assert actor["name"] == str(slides / "masks")


def test_corrections_survive_another_import_and_what_was_imported_is_replaced(
    slides: Path, tmp_path: Path
) -> None:
    with opened_project(tmp_path / "p", LANDSLIDE) as project:
        collect(project, slides / "images", slides / "masks", id_map="255=landslide")
        entry = project.scenes()[0]
        session, _ = open_session(project, entry)
        brush, accepted = Window(0, 10, 0, 10), Window(30, 40, 0, 10)
        session.apply(Operation("brush", brush, np.ones(brush.shape, dtype=np.bool_), 0))
        session.apply(
            Operation("accept", accepted, np.ones(accepted.shape, dtype=np.bool_), None, Provenance.ACCEPTED)
        )
        session.close()
        numbers = np.full((40, 50), 255, dtype=np.uint8)
        numbers[10:20] = 9
        picture(slides / "masks" / "a.png", numbers)
        report = collect(project, slides / "images", slides / "masks", id_map="255=landslide,9=ignore")
        block = said(project, entry)
        assert (block.labels[brush.slices] == 0).all()
        assert (block.provenance[brush.slices] == Provenance.CORRECTED).all()
        assert (block.provenance[accepted.slices] == Provenance.ACCEPTED).all()
        assert (block.labels[10:20] == 255).all()
        assert (block.provenance[10:20] == Provenance.UNLABELLED).all()
        assert (block.labels[20:, 25:] == 1).all()
        assert report.kept_pixels == 200
        again = collect(project, slides / "images", slides / "masks", id_map="255=landslide,9=ignore")
        assert again.changed_pixels == 0
        assert len(project.scenes()) == 3


def test_an_import_is_one_step_that_can_be_taken_back(slides: Path, tmp_path: Path) -> None:
    with opened_project(tmp_path / "p", LANDSLIDE) as project:
        collect(project, slides / "images", slides / "masks", id_map="255=landslide")
        session, _ = open_session(project, project.scenes()[0])
        session.undo()
        session.close()
        assert (said(project, project.scenes()[0]).provenance == Provenance.UNLABELLED).all()


def test_a_project_of_other_classes_or_one_that_somebody_holds_is_refused(
    slides: Path, tmp_path: Path
) -> None:
    with opened_project(tmp_path / "p", LANDSLIDE), pytest.raises(ProjectError, match="open only to read"):
        opened_project(tmp_path / "p", LANDSLIDE)
    with pytest.raises(ProjectError, match="not those of cloud"):
        opened_project(tmp_path / "p", CLOUD)


def test_an_import_of_which_nothing_can_be_taken_is_refused(slides: Path, tmp_path: Path) -> None:
    image, mask = slides / "images" / "alone.png", slides / "masks" / "small.png"
    with (
        opened_project(tmp_path / "p", LANDSLIDE) as project,
        pytest.raises(DatasetError, match="None of the 1 labelled images"),
    ):
        collect(project, image, mask)


@pytest.mark.parametrize(
    ("image", "mask"),
    [
        ("x.png", "x.png"), ("x.tif", "x.png"), ("x.png", "x_mask.png"), ("x.png", "X_label.tif"),
        ("train/x.png", "train/x.png"), ("train/x.png", "x.png"),
    ],
)  # fmt: skip
def test_pairs_are_found_by_name_in_usual_layouts(image: str, mask: str, tmp_path: Path) -> None:
    for place in (tmp_path / "i" / image, tmp_path / "m" / mask):
        place.parent.mkdir(parents=True, exist_ok=True)
        place.touch()
    (pair,) = pair_files(tmp_path / "i", tmp_path / "m").pairs
    assert (pair.image, pair.mask) == (tmp_path / "i" / image, tmp_path / "m" / mask)


def test_equal_names_in_train_and_val_go_together_by_their_folders(tmp_path: Path) -> None:
    for split in ("train", "val"):
        image_of(tmp_path / "i" / split / "1.png")
        image_of(tmp_path / "m" / split / "1.png")
    found = pair_files(tmp_path / "i", tmp_path / "m")
    assert [pair.name for pair in found.pairs] == ["train/1", "val/1"]
    assert not found.problems
    shutil.rmtree(tmp_path / "i" / "val")
    image_of(tmp_path / "i" / "1.png")
    assert "several masks" in " ".join(pair_files(tmp_path / "i", tmp_path / "m").problems)


def test_images_and_masks_side_by_side_and_one_mask_for_several_dates(tmp_path: Path) -> None:
    image_of(tmp_path / "both" / "a.png")
    image_of(tmp_path / "both" / "a_mask.png")
    (pair,) = pair_files(tmp_path / "both", tmp_path / "both").pairs
    assert pair.mask.name == "a_mask.png"
    image_of(tmp_path / "dates" / "2020.png")
    image_of(tmp_path / "dates" / "2021.png")
    pairs = pair_files(tmp_path / "dates", tmp_path / "both" / "a_mask.png").pairs
    assert [(pair.name, pair.mask.name) for pair in pairs] == [("2020", "a_mask.png"), ("2021", "a_mask.png")]


def test_nothing_to_pair_is_told(tmp_path: Path) -> None:
    image_of(tmp_path / "i" / "a.png")
    image_of(tmp_path / "m" / "b.png")
    (tmp_path / "empty").mkdir()
    with pytest.raises(DatasetError, match="None of the 1 images"):
        pair_files(tmp_path / "i", tmp_path / "m")
    with pytest.raises(DatasetError, match="holds no image"):
        pair_files(tmp_path / "i", tmp_path / "empty")
    with pytest.raises(DatasetError, match="does not exist"):
        pair_files(tmp_path / "i", tmp_path / "nowhere")
    with pytest.raises(DatasetError, match="one image"):
        pair_files(tmp_path / "i" / "a.png", tmp_path / "m")


def test_masks_of_every_form_are_read(tmp_path: Path) -> None:
    meaning = parse_label_map("255=landslide", LANDSLIDE)
    grey = half()
    whole = Window.of(40, 50)
    rgba = np.dstack([grey, grey, grey, np.full_like(grey, 255)])
    rgba[:5, :, 3] = 0
    palette = [0, 0, 0, 255, 0, 255] + [0] * 762
    forms = {
        "grey": (picture(tmp_path / "grey.png", grey), meaning),
        "rgb": (picture(tmp_path / "rgb.png", np.dstack([grey] * 3)), meaning),
        "indices": (picture(tmp_path / "p.png", half(1), palette), parse_label_map("", LANDSLIDE)),
        "palette": (tmp_path / "p.png", parse_label_map("(255,0,255)=landslide", LANDSLIDE)),
    }
    for path, chosen in forms.values():
        mask = open_mask(path, chosen)
        mask.check()
        assert np.array_equal(mask.read(whole), half(1)), path
    clear = open_mask(picture(tmp_path / "rgba.png", rgba), meaning).read(whole)
    assert (clear[:5] == 255).all()
    assert np.array_equal(clear[5:], half(1)[5:])
    with pytest.raises(DatasetError, match=r"\(255,0,255\)|unknown values"):
        open_mask(picture(tmp_path / "c.png", np.dstack([grey, grey * 0, grey])), meaning).read(whole)
