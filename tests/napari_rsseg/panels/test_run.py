from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import uuid4

import numpy as np
import pytest

from napari_rsseg.classes.scheme import IGNORED, LANDSLIDE
from napari_rsseg.errors import EngineError
from napari_rsseg.panels.options import SegmentOptions
from napari_rsseg.panels.run import Run
from napari_rsseg.registry.sources import default_model
from napari_rsseg.scenes.synthetic import SyntheticScene
from napari_rsseg.scenes.windows import Window
from tests.label_bench import labelling_in

if TYPE_CHECKING:
    from pathlib import Path

    from napari_rsseg.panels.labelling import Labelling

SCENE = SyntheticScene((600, 300), 0)


def _run(store_root: Path, labelling: Labelling | None = None, **options: Any) -> Run:
    return Run(
        scene_title="scene",
        scene=SCENE,
        task="landslide",
        model=default_model("landslide"),
        region=Window.of(600, 300),
        view=None,
        options=SegmentOptions(**options),
        labelling=labelling or labelling_in(store_root / uuid4().hex, LANDSLIDE, 600, 300),
        keep_edits=True,
        store_root=store_root,
    )


def test_a_run_records_what_made_the_labels(stand_in: Any, tmp_path: Path) -> None:
    run = _run(tmp_path)
    run.execute(stand_in, lambda event: None)
    assert run.report is not None
    assert run.report.is_complete
    tags = run.labelling.tags
    assert tags["model"] == "landslide-starter"
    assert (tags["device"], tags["precision"]) == ("Stand-in", "float32")


def test_what_an_earlier_run_stored_is_shown_again(stand_in: Any, tmp_path: Path) -> None:
    _run(tmp_path).execute(stand_in, lambda event: None)
    again = _run(tmp_path)
    events: list[object] = []
    again.execute(stand_in, events.append)
    assert (again.labelling.labels[:, :] == 1).all()
    assert [type(event).__name__ for event in events] == ["BlockDone", "BlockDone"]


def test_another_models_result_is_never_mixed_in(stand_in: Any, tmp_path: Path) -> None:
    first = _run(tmp_path)
    first.execute(stand_in, lambda event: None)
    stand_in.blocks_before_hold, stand_in.predicted_id = 0, 0
    second = _run(tmp_path, first.labelling, tta=True)
    second.cancel()
    stand_in.may_go_on.set()
    second.execute(stand_in, lambda event: None)
    assert (second.labelling.labels[:, :] == IGNORED).all()


def test_a_run_cancelled_before_the_engine_was_up_predicts_nothing(stand_in: Any, tmp_path: Path) -> None:
    run = _run(tmp_path)
    run.cancel()
    stand_in.blocks_before_hold = 0
    stand_in.may_go_on.set()
    run.execute(stand_in, lambda event: None)
    assert run.is_cancelled
    assert run.report is not None
    assert np.count_nonzero(run.labelling.labels[:, :] != IGNORED) <= 512 * 300


def test_a_damaged_store_is_told(stand_in: Any, tmp_path: Path) -> None:
    run = _run(tmp_path)
    store = run.request().store
    store.mkdir(parents=True)
    (store / "zarr.json").write_text("{")
    with pytest.raises(EngineError, match="does not hold a prediction"):
        run.execute(stand_in, lambda event: None)
