from __future__ import annotations

import numpy as np
import pytest

from napari_rsseg.classes.scheme import GRASS
from napari_rsseg.engine.events import BlockFailed, DeviceInfo, PredictionReport
from napari_rsseg.panels.outcome import describe_engine, describe_report, describe_speed, measure_areas
from napari_rsseg.scenes.windows import Window

BLOCK, OTHER = Window(0, 512, 0, 512), Window(512, 1024, 0, 512)


def _report(**changed: object) -> PredictionReport:
    values: dict[str, object] = {
        "done": (BLOCK, OTHER), "missing": (), "failed": (), "cancelled": False, "changes": (),
        "seconds": 2.0, "pixels_per_second": 1e6, "device": "CPU", "precision": "float32",
    }  # fmt: skip
    return PredictionReport(**{**values, **changed})  # type: ignore[arg-type]  # fields by name


def test_areas_leave_out_what_nothing_is_said_about() -> None:
    areas = measure_areas(np.bincount([0, 4, 4, 255], minlength=256), GRASS, 10.0)
    assert [area.pixels for area in areas] == [1, 0, 0, 0, 2]
    assert areas[4].hectares == pytest.approx(0.02)
    assert sum(area.percent for area in areas) == pytest.approx(100)


def test_an_empty_region_has_no_shares() -> None:
    assert all(
        area.percent == 0 for area in measure_areas(np.bincount([255] * 9, minlength=256), GRASS, 10.0)
    )


@pytest.mark.parametrize(
    ("report", "words"),
    [
        (_report(), "Done in 2.0 s on CPU (float32)."),
        (_report(device="", precision=""), "there already"),
        (_report(done=(BLOCK,), missing=(OTHER,), cancelled=True), "1 of 2 blocks are done"),
        (
            _report(done=(BLOCK,), missing=(OTHER,), failed=(BlockFailed(OTHER, "It is torn.", "Copy it."),)),
            "512:1024,0:512: It is torn. Copy it.",
        ),
        (_report(changes=("The batch was halved.",)), "The batch was halved."),
    ],
    ids=["done", "stored", "cancelled", "failed", "changed"],
)
def test_a_report_is_told_in_words(report: PredictionReport, words: str) -> None:
    assert words in describe_report(report)


def test_the_device_is_named_with_memory_and_number_format() -> None:
    assert (
        describe_engine("ready", DeviceInfo("H200", "cuda", 2**31, "bfloat16"))
        == "H200: 2.0 GiB free, bfloat16"
    )
    assert "starting" in describe_engine("starting", None)


def test_speed_names_blocks_rate_and_time_left() -> None:
    assert describe_speed(3, 10, 2.5e6, 75.0) == "3 of 10 blocks · 2.50 Mpx/s · 1 min 15 s left"
    assert describe_speed(0, 0, 0.0, None) == ""
