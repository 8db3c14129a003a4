from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import rasterio
from PIL import Image
from rasterio.transform import from_origin

from napari_rsseg.settings import data_folder

if TYPE_CHECKING:
    from collections.abc import Callable

LANDSLIDES = data_folder() / "landslide" / "landslide4sense" / "masks"
CLOUDS = data_folder() / "cloud" / "l8_biome_4class" / "masks"
needs_data = pytest.mark.skipif(not LANDSLIDES.is_dir(), reason="RSSEG_DATA holds no labelled sets")

Run = Any
WriteLabels = Any


def test_the_scores_of_two_files_are_those_counted_by_hand(
    run: Run, write_labels: WriteLabels, tmp_path: Path
) -> None:
    truth = write_labels(tmp_path / "truth.tif", [[0, 0, 1, 1], [0, 0, 1, 255]])
    pred = write_labels(tmp_path / "other.tif", [[0, 1, 1, 1], [0, 0, 0, 1]])
    result = run("evaluate", "--pred", pred, "--truth", truth, "--schema", "landslide", "--json")
    assert result.code == 0
    report = result.json
    assert report["confusion"] == [[3, 1], [1, 2]]
    assert report["per_class"]["landslide"]["iou"] == pytest.approx(2 / 4)
    assert report["per_class"]["background"]["iou"] == pytest.approx(3 / 5)
    assert report["per_class"]["landslide"]["precision"] == pytest.approx(2 / 3)
    assert report["overall_accuracy"] == pytest.approx(5 / 7)
    assert report["kappa"] == pytest.approx((5 / 7 - 25 / 49) / (24 / 49))
    assert report["left_out"] == {"truth_says_nothing": 1, "prediction_says_nothing": 0}


def test_both_rules_for_absent_classes_are_reported(
    run: Run, write_labels: WriteLabels, tmp_path: Path
) -> None:
    truth = write_labels(tmp_path / "a.tif", [[0, 0, 3, 3]])
    pred = write_labels(tmp_path / "a_cloud.tif", [[0, 0, 3, 0]])
    report = run("evaluate", "--pred", pred, "--truth", truth, "--schema", "cloud", "--json").json
    assert report["per_class"]["thin cloud"]["iou"] is None
    assert report["mean_iou"] == pytest.approx((2 / 3 + 1 / 2) / 2)
    assert report["mean_iou_absent_as_zero"] == pytest.approx((2 / 3 + 1 / 2) / 4)
    assert report["mean"]["iou"] == report["mean_iou"]


def test_folders_pair_by_stem_and_by_stem_with_the_task(
    run: Run, write_labels: WriteLabels, tmp_path: Path
) -> None:
    for name in ("a", "b"):
        write_labels(tmp_path / "truth" / f"{name}.tif", [[0, 1]])
    write_labels(tmp_path / "pred" / "a_landslide.tif", [[0, 1]])
    write_labels(tmp_path / "pred" / "a_landslide_confidence.tif", [[200, 240]])
    write_labels(tmp_path / "pred" / "b.tif", [[1, 1]])
    folders = ("--pred", tmp_path / "pred", "--truth", tmp_path / "truth")
    result = run("evaluate", *folders, "--schema", "landslide", "--json")
    assert result.code == 0
    report = result.json
    assert report["images"] == 2
    assert [Path(image["prediction"]).name for image in report["per_image"]] == ["a_landslide.tif", "b.tif"]
    assert report["per_image_mean"]["per_class"]["landslide"]["iou"] == pytest.approx((1 + 1 / 2) / 2)
    assert report["per_class"]["landslide"]["iou"] == pytest.approx(2 / 3)
    assert report["per_class"]["landslide"]["iou_low"] <= report["per_class"]["landslide"]["iou_high"]


@needs_data
@pytest.mark.parametrize("id_map", ["255=landslide"])
def test_real_masks_against_themselves_are_perfect(run: Run, id_map: str) -> None:
    result = run(
        "evaluate", "--pred", LANDSLIDES, "--truth", LANDSLIDES, "--schema", "landslide",
        "--map", id_map, "--map-pred", id_map, "--json",
    )  # fmt: skip
    assert result.code == 0, result.err
    report = result.json
    assert report["images"] == len(list(LANDSLIDES.glob("*.png")))
    assert report["per_class"]["landslide"]["iou"] == 1.0
    assert 0.01 < report["per_class"]["landslide"]["truth_pixels"] / report["pixels"] < 0.2


@needs_data
def test_a_real_mask_shifted_by_a_pixel_scores_as_numpy_says(run: Run, tmp_path: Path) -> None:
    source = next(path for path in sorted(CLOUDS.glob("*.png")) if "Wetlands" in path.stem)
    truth = np.asarray(Image.open(source))
    shifted = np.roll(truth, 3, axis=1)
    Image.fromarray(shifted).save(tmp_path / f"{source.stem}_cloud.png")
    report = run(
        "evaluate",
        "--pred",
        tmp_path / f"{source.stem}_cloud.png",
        "--truth",
        source,
        "--schema",
        "cloud",
        "--json",
    ).json
    for label, name in enumerate(("clear", "cloud shadow", "thin cloud", "cloud")):
        either = ((truth == label) | (shifted == label)).sum()
        both = ((truth == label) & (shifted == label)).sum()
        expected = pytest.approx(both / either) if either else None
        assert report["per_class"][name]["iou"] == expected


def test_numbers_of_other_programs_are_translated_by_map(
    run: Run, write_labels: WriteLabels, tmp_path: Path
) -> None:
    truth = write_labels(tmp_path / "truth.tif", [[128, 64, 192, 255, 0]])
    pred = write_labels(tmp_path / "pred.tif", [[0, 1, 2, 3, 3]])
    report = run(
        "evaluate", "--pred", pred, "--truth", truth, "--schema", "cloud", "--json",
        "--map", "128=clear, 64=cloud shadow,192-200=thin cloud,255=cloud,0=ignore",
    ).json  # fmt: skip
    assert np.trace(report["confusion"]) == report["pixels"] == 4


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("64=shadow", "'shadow' is no class of cloud"),
        ("cloud=64", "'cloud=64' is not NUMBER=CLASS"),
        ("64", "'64' is not NUMBER=CLASS"),
        ("99999999=cloud", "is not NUMBER=CLASS"),
    ],
)
def test_a_wrong_map_is_refused_with_its_mistake(
    run: Run, write_labels: WriteLabels, tmp_path: Path, text: str, reason: str
) -> None:
    labels = write_labels(tmp_path / "a.tif", [[0]])
    result = run("evaluate", "--pred", labels, "--truth", labels, "--schema", "cloud", "--map", text)
    assert result.code == 2
    assert reason in result.err
    assert result.err.count("\n") == 1


def test_masks_of_0_and_255_without_a_map_are_questioned(
    run: Run, write_labels: WriteLabels, tmp_path: Path
) -> None:
    truth = write_labels(tmp_path / "truth.tif", [[0, 255]])
    pred = write_labels(tmp_path / "pred.tif", [[0, 1]])
    result = run("evaluate", "--pred", pred, "--truth", truth, "--schema", "landslide")
    assert result.code == 0
    assert '--map "255=' in result.err


def test_the_tables_name_classes_means_and_matrix(
    run: Run, write_labels: WriteLabels, tmp_path: Path
) -> None:
    labels = write_labels(tmp_path / "a.tif", [[0, 1, 2, 3]])
    result = run("evaluate", "--pred", labels, "--truth", labels, "--schema", "cloud")
    for part in (
        "cloud shadow",
        "mean, absent left out",
        "mean, absent as 0",
        "kappa 1.000",
        "true \\ predicted",
    ):
        assert part in result.out
    assert " to " not in result.out  # one image has no interval


def test_the_plot_is_a_picture_and_is_not_overwritten_unasked(
    run: Run, write_labels: WriteLabels, tmp_path: Path
) -> None:
    labels = write_labels(tmp_path / "a.tif", [[0, 1, 1, 255]])
    words = (
        "evaluate",
        "--pred",
        labels,
        "--truth",
        labels,
        "--schema",
        "landslide",
        "--plot",
        tmp_path / "m.png",
    )
    assert run(*words).code == 0
    with Image.open(tmp_path / "m.png") as picture:
        assert min(picture.size) > 300
    again = run(*words)
    assert again.code == 2
    assert "--overwrite" in again.err
    assert run(*words, "--overwrite").code == 0
    assert {path.name for path in tmp_path.iterdir() if path.is_file()} == {"a.tif", "m.png"}


def test_maps_of_two_sizes_are_refused_with_both(run: Run, write_labels: WriteLabels, tmp_path: Path) -> None:
    truth = write_labels(tmp_path / "a.tif", [[0, 1]])
    pred = write_labels(tmp_path / "b.tif", [[0], [1]])
    result = run("evaluate", "--pred", pred, "--truth", truth, "--schema", "landslide")
    assert result.code == 2
    assert "2 x 1" in result.err
    assert "1 x 2" in result.err


def write_placed(path: Path, *, crs: str, west: float) -> Path:
    profile = {"driver": "GTiff", "count": 1, "dtype": "uint8", "height": 2, "width": 2, "nodata": 255}
    with rasterio.open(path, "w", crs=crs, transform=from_origin(west, 10, 1, 1), **profile) as target:
        target.write(np.zeros((1, 2, 2), np.uint8))
    return path


@pytest.mark.parametrize(
    ("crs", "west", "reason"),
    [("EPSG:32633", 500.0, "EPSG:32633"), ("EPSG:32632", 500.5, "0.50 pixels apart")],
    ids=["other CRS", "half a pixel aside"],
)
def test_maps_in_two_places_are_refused(run: Run, tmp_path: Path, crs: str, west: float, reason: str) -> None:
    truth = write_placed(tmp_path / "truth.tif", crs="EPSG:32632", west=500.0)
    pred = write_placed(tmp_path / "pred.tif", crs=crs, west=west)
    result = run("evaluate", "--pred", pred, "--truth", truth, "--schema", "landslide")
    assert result.code == 2
    assert reason in result.err


def test_a_bad_pair_in_a_folder_is_named_and_the_others_are_scored(
    run: Run, write_labels: WriteLabels, tmp_path: Path
) -> None:
    for name in ("a", "b", "c"):
        write_labels(tmp_path / "truth" / f"{name}.tif", [[0, 1]])
    write_labels(tmp_path / "pred" / "a.tif", [[0, 1]])
    (tmp_path / "pred" / "b.tif").write_bytes(b"")
    folders = ("--pred", tmp_path / "pred", "--truth", tmp_path / "truth")
    result = run("evaluate", *folders, "--schema", "landslide", "--json")
    assert result.code == 2
    assert "b.tif" in result.err
    assert result.json["images"] == 1
    assert any("c.tif has no prediction" in text for text in result.json["notes"])


@pytest.mark.parametrize(
    "make",
    [
        lambda path: path.write_bytes(b""),
        lambda path: path.write_bytes(b"II*\0garbage that is no raster"),
        lambda path: path.write_text("not a raster", encoding="utf-8"),
        lambda path: path.mkdir(),
        lambda path: Image.new("RGB", (4, 4), (10, 200, 30)).save(path, "TIFF"),
        lambda path: Image.fromarray(np.array([[7, 9]], np.uint8)).save(path, "TIFF"),
        lambda path: Image.fromarray(np.array([[0.5, 1.0]], np.float32)).save(path, "TIFF"),
    ],
    ids=["0 bytes", "truncated", "text", "a folder", "a colour picture", "ids of no class", "fractions"],
)
def test_what_is_no_label_map_is_refused_in_a_line(
    run: Run, write_labels: WriteLabels, tmp_path: Path, make: Callable[[Path], object]
) -> None:
    truth = write_labels(tmp_path / "truth.tif", [[0, 1]])
    make(tmp_path / "pred.tif")
    result = run("evaluate", "--pred", tmp_path / "pred.tif", "--truth", truth, "--schema", "landslide")
    assert result.code == 2
    assert result.err.startswith("error: ")
    assert result.err.count("\n") == 1
    assert not result.out


def test_nothing_that_pairs_is_refused_with_the_rule(
    run: Run, write_labels: WriteLabels, tmp_path: Path
) -> None:
    write_labels(tmp_path / "truth" / "a.tif", [[0]])
    write_labels(tmp_path / "pred" / "b.tif", [[0]])
    result = run("evaluate", "--pred", tmp_path / "pred", "--truth", tmp_path / "truth", "--schema", "cloud")
    assert result.code == 2
    assert "that stem and _cloud" in result.err


def test_classes_may_come_from_a_toml_file(run: Run, write_labels: WriteLabels, tmp_path: Path) -> None:
    labels = write_labels(tmp_path / "a.tif", [[0, 1]])
    (tmp_path / "own.toml").write_text(
        'name = "own"\nclasses = [{name = "land", colour = "#00ff00"}, {name = "sea", colour = "#0000ff"}]\n',
        encoding="utf-8",
    )
    words = ("evaluate", "--pred", labels, "--truth", labels, "--schema")
    assert set(run(*words, tmp_path / "own.toml", "--json").json["per_class"]) == {"land", "sea"}
    assert "Built in are grass, cloud, landslide" in run(*words, "snow").err
    (tmp_path / "own.toml").write_text("name = 3\n", encoding="utf-8")
    assert "own.toml" in run(*words, tmp_path / "own.toml").err


def test_nodata_that_is_also_a_class_is_counted_and_said(run: Run, tmp_path: Path) -> None:
    truth = tmp_path / "truth.tif"
    profile = {"driver": "GTiff", "count": 1, "dtype": "uint8", "height": 1, "width": 2, "nodata": 0}
    with rasterio.open(truth, "w", crs="EPSG:32632", transform=from_origin(0, 1, 1, 1), **profile) as target:
        target.write(np.array([[[0, 1]]], np.uint8))
    result = run("evaluate", "--pred", truth, "--truth", truth, "--schema", "landslide", "--json")
    assert result.json["pixels"] == 2
    assert "nodata number 0 is also a class" in result.json["notes"][0]
