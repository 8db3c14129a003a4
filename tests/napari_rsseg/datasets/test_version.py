"""Versions hold reviewed pixels alone, are named by their contents, appear whole, and keep earlier splits."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING

import numpy as np
import pytest
import rasterio
from pyproj import CRS

from napari_rsseg.datasets.collecting import collect
from napari_rsseg.datasets.contents import CONTENTS, check_contents
from napari_rsseg.datasets.exports.pictures import mask_of, said_by
from napari_rsseg.datasets.making import make_version
from napari_rsseg.datasets.plan import VersionOptions, plan_version
from napari_rsseg.datasets.version import compare_versions, find_version, list_versions
from napari_rsseg.editing import Operation, open_session
from napari_rsseg.errors import DatasetError, OutputError, ProjectError, SettingsError
from napari_rsseg.project import Project, Provenance
from napari_rsseg.scenes.windows import Window

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from pydantic import JsonValue

    from napari_rsseg.datasets.version import Version

SMALL = VersionOptions(chip_px=64)


def paint(project: Project, window: Window, label: int, provenance: Provenance) -> None:
    session, _ = open_session(project, project.scenes()[0])
    where = np.ones(window.shape, dtype=np.bool_)
    session.apply(Operation("brush", window, where, label, provenance))
    session.close()


def make(project: Project, options: VersionOptions = SMALL) -> Version:
    return make_version(project, plan_version(project, options))


def test_a_chip_is_the_scene_and_its_reviewed_labels_at_its_place(labelled: Project) -> None:
    with labelled as project:
        paint(project, Window(0, 30, 0, 30), 3, Provenance.PREDICTED)
        version = make(project)
        entry = project.scenes()[0]
        scene = project.open_scene(entry)
        store = project.label_store(entry.id)
        chips = [chip for chip in version.chips if chip.scene == entry.id]
        assert chips
        for chip in chips:
            inside = chip.window.intersection(Window.of(entry.height, entry.width))
            place = inside.within(chip.window).slices
            with (
                rasterio.open(version.image_path(chip)) as image,
                rasterio.open(version.mask_path(chip)) as mask,
            ):
                assert image.crs == mask.crs
                assert image.crs.to_epsg() == CRS.from_wkt(entry.crs_wkt or "").to_epsg()
                assert image.transform == mask.transform
                corner = image.transform * (0, 0)
                a, _, c, _, e, f = entry.affine
                assert corner == (c + a * chip.window.column_start, f + e * chip.window.row_start)
                assert image.descriptions == tuple(band.name for band in scene.bands)
                assert np.array_equal(image.read()[(slice(None), *place)], scene.read(inside))
                labels = mask.read(1)
            said = store.read(inside)
            told = np.isin(said.provenance, (2, 3, 4)) & scene.valid(inside)
            assert np.array_equal(labels[place], np.where(told, said.labels, 255))
            outside = np.ones(chip.window.shape, dtype=np.bool_)
            outside[place] = False
            assert (labels[outside] == 255).all()
            provenance, actor = said_by(version, chip)
            assert (provenance[labels == 255] == 0).all()
            assert np.array_equal(actor[place][told], said.actor[told])
        scene.close()


def test_the_name_is_the_digest_of_the_list_which_standard_tools_check(version: Version) -> None:
    check_contents(version.folder)
    done = subprocess.run(
        ["sha256sum", "--quiet", "-c", CONTENTS], cwd=version.folder, check=False, capture_output=True
    )
    assert done.returncode == 0
    listed = subprocess.run(
        ["sha256sum", CONTENTS], cwd=version.folder, check=True, capture_output=True, text=True
    )
    assert listed.stdout.split()[0] == version.hash == version.folder.name
    assert not any(path.stat().st_mode & 0o222 for path in version.folder.rglob("*") if path.is_file())


def test_the_same_labels_and_options_are_the_same_version(labelled: Project) -> None:
    with labelled as project:
        first = make(project)
        assert make(project) == first
        assert len(list_versions(project)) == 1
        other = make(project, VersionOptions(chip_px=64, seed=1))
        assert other.hash != first.hash
        assert other.parent == first.hash
        assert [version.name for version in list_versions(project)] == ["v1", "v2"]
        assert find_version(project, "latest") == find_version(project, other.hash[:8]) == other
        with pytest.raises(DatasetError, match=r"no version 'v7'.*v1 \("):
            find_version(project, "v7")


def test_splits_are_those_of_the_list_and_no_two_chips_of_different_splits_touch(version: Version) -> None:
    listed = json.loads((version.folder / "splits.json").read_text(encoding="utf-8"))
    assert listed == {split: [chip.name for chip in version.chips_of(split)] for split in listed}
    assert all(listed.values())
    for chip in version.chips:
        for other in version.chips:
            if chip.scene == other.scene and chip.split != other.split:
                assert chip.window.grown(1).intersection(other.window).is_empty


def test_earlier_splits_stay_as_labels_and_scenes_are_added(
    clips: Path, tmp_path: Path, labelled: Project
) -> None:
    with Project.create(tmp_path / "growing", name="g", scheme=labelled.scheme) as project:
        collect(project, clips / "images" / "s2_chip1.tif", clips / "masks" / "s2_chip1.tif")
        first = make(project)
        collect(project, clips / "images", clips / "masks")
        paint(project, Window(70, 80, 90, 120), 0, Provenance.CORRECTED)
        second = make(project, VersionOptions(chip_px=64, seed=5))
        changes = compare_versions(first, second)
        assert not changes.moved
        assert not changes.removed
        assert changes.added
        assert sum(pixels for _, pixels in changes.relabelled) <= 300
        assert {name: after - before for name, before, after in changes.class_pixels}["clear"] > 0
        larger = make(project, VersionOptions(chip_px=128))
        for chip in larger.chips:
            met = {
                other.split for other in second.chips
                if other.scene == chip.scene and not other.window.intersection(chip.window).is_empty
            }  # fmt: skip
            assert met <= {chip.split}
    labelled.close()


def test_the_card_says_sources_people_areas_and_terms(version: Version, clips: Path) -> None:
    card = version.card
    assert card["annotators"] == ["ada"]
    assert {actor["kind"] for actor in card["actors"]} == {"person", "import"}
    assert all(actor["since"] for actor in card["actors"])
    assert [source["file"] for source in card["sources"]] == ["s2_chip1.tif", "s2_chip2.tif"]
    assert card["licences"] == ["not stated"]
    assert card["agreement"] is None
    total = sum(entry["pixels"] for entry in card["classes"])
    assert total == sum((mask_of(version, chip) != 255).sum() for chip in version.chips)
    assert sum(entry["hectares"] for entry in card["classes"]) == pytest.approx(total / 100, rel=1e-3)
    page = (version.folder / "README.md").read_text(encoding="utf-8")
    for words in ("ada", "s2_chip1.tif", "EPSG:32736", "not stated", "Not measured"):
        assert words in page
    assert str(clips) not in (version.folder / "chips.json").read_text(encoding="utf-8")


def test_the_card_says_how_far_annotators_agreed_when_that_was_measured(labelled: Project) -> None:
    with labelled as project:
        pair: dict[str, JsonValue] = {"first": "ada", "second": "ben", "agreement": 0.9612, "kappa": None}
        project.catalogue.remember("agreement", {"windows": 4, "fleiss_kappa": 0.875, "pairs": [pair]})
        version = make(project)
        assert version.card["agreement"]["pairs"] == [pair]
        page = (version.folder / "README.md").read_text(encoding="utf-8")
        assert "Fleiss' kappa 0.875 over 4 windows" in page
        assert "| ada | ben | 0.961 | - |" in page


def test_terms_are_read_beside_the_images(clips: Path, tmp_path: Path, labelled: Project) -> None:
    import shutil

    shutil.copytree(clips, tmp_path / "licensed")
    (tmp_path / "licensed" / "LICENSE.txt").write_text("CC BY 4.0\n\nYou are free to …", encoding="utf-8")
    with Project.create(tmp_path / "own", name="own", scheme=labelled.scheme) as project:
        collect(project, tmp_path / "licensed" / "images", tmp_path / "licensed" / "masks")
        assert make(project).card["licences"] == ["CC BY 4.0"]
    labelled.close()


def test_a_version_that_was_touched_is_told_file_by_file(labelled: Project) -> None:
    with labelled as project:
        version = make(project)
        mask = version.mask_path(version.chips[0])
        mask.chmod(0o644)
        mask.write_bytes(b"")
        version.image_path(version.chips[0]).unlink()
        (version.folder / "notes.txt").touch()
        with pytest.raises(DatasetError) as caught:
            check_contents(version.folder)
        for words in (
            f"masks/{mask.name} was changed",
            f"images/{mask.name} is missing",
            "notes.txt does not",
        ):
            assert words in caught.value.found


class Stop(Exception):
    pass


def stopping(after: int) -> Callable[[int, int], None]:
    def tell(done: int, total: int) -> None:
        if done >= after:
            raise Stop

    return tell


def test_a_version_that_is_stopped_leaves_nothing_behind(labelled: Project) -> None:
    with labelled as project:
        plan = plan_version(project, SMALL)
        with pytest.raises(Stop):
            make_version(project, plan, on_progress=stopping(3))
        assert list(project.versions_folder.iterdir()) == []
        assert list_versions(project) == ()


def test_a_full_disk_leaves_nothing_behind(
    clips: Path, labelled: Project, small_disk: Callable[[str], Path]
) -> None:
    disk = small_disk("6m")
    with Project.create(disk / "p", name="p", scheme=labelled.scheme) as project:
        collect(project, clips / "images", clips / "masks")
        plan = plan_version(project, SMALL)
        (disk / "rest").write_bytes(b"x" * (_free(disk) - 200_000))
        with pytest.raises(OutputError, match="cannot be written"):
            make_version(project, plan)
        assert list(project.versions_folder.iterdir()) == []
        (disk / "rest").unlink()
        check_contents(make_version(project, plan).folder)
    labelled.close()


def _free(folder: Path) -> int:
    import shutil

    return shutil.disk_usage(folder).free


def test_what_cannot_be_a_version_is_refused(tmp_path: Path, labelled: Project) -> None:
    with (
        Project.create(tmp_path / "empty", name="e", scheme=labelled.scheme) as project,
        pytest.raises(DatasetError, match="Nothing in the project"),
    ):
        plan_version(project, SMALL)
    plan = plan_version(labelled, SMALL)
    labelled.close()
    with Project.open(labelled.root, read_only=True) as project, pytest.raises(ProjectError, match="read"):
        make_version(project, plan)
    with pytest.raises(SettingsError, match="8 pixels"):
        VersionOptions(chip_px=8)
    with pytest.raises(SettingsError, match="overlap of 64"):
        VersionOptions(chip_px=64, overlap_px=64)


def test_the_balance_of_classes_is_known_before_anything_is_written(labelled: Project) -> None:
    with labelled as project:
        plan = plan_version(project, SMALL)
        assert not project.versions_folder.exists()
        version = make_version(project, plan)
        for split in ("train", "val", "test"):
            counted = sum(np.bincount(mask_of(version, chip).ravel(), minlength=256)[:4]
                          for chip in version.chips_of(split))  # fmt: skip
            assert np.array_equal(plan.class_pixels(split), counted)
            assert plan.chip_count(split) == len(version.chips_of(split))
        alone = plan_version(project, VersionOptions(chip_px=512))
        assert "val has no chips" in " ".join(alone.warnings) or "test has no chips" in " ".join(
            alone.warnings
        )


def test_overlapping_chips_cover_the_scene_and_splits_do_not_share_pixels(labelled: Project) -> None:
    with labelled as project:
        version = make(project, VersionOptions(chip_px=64, overlap_px=16))
        starts = sorted({chip.window.row_start for chip in version.chips})
        assert starts[:3] == [0, 48, 96]
        for chip in version.chips:
            for other in version.chips:
                if chip.scene == other.scene and chip.split != other.split:
                    assert chip.window.grown(1).intersection(other.window).is_empty
