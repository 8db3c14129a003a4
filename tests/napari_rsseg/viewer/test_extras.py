from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from napari.components import ViewerModel
from napari.layers import Image, Labels

from napari_rsseg.errors import SceneError
from napari_rsseg.scenes.extras import ExtraLayer
from napari_rsseg.scenes.raster import RasterScene, SceneFacts
from napari_rsseg.scenes.scene import Band, Level, SceneReference
from napari_rsseg.viewer.extras import add_extra, extras_of, prepare_extra
from napari_rsseg.viewer.opening import add_picture, prepare_picture

if TYPE_CHECKING:
    import numpy.typing as npt

    from napari_rsseg.scenes.synthetic import SyntheticScene
    from napari_rsseg.scenes.windows import Window


class Numbers:
    """Pixels held in memory."""

    def __init__(self, numbers: npt.NDArray[Any]) -> None:
        self._numbers = numbers
        self.levels = (Level(numbers.shape[1], numbers.shape[2], 1.0),)
        self.dtype = numbers.dtype

    def read(self, window: Window, level: int, bands: tuple[int, ...]) -> npt.NDArray[Any]:
        return self._numbers[list(bands)][(slice(None), *window.slices)].copy()

    def mask(self, window: Window, level: int) -> None:
        return None

    def close(self) -> None:
        """Nothing to release."""


@pytest.fixture
def product(synthetic: SyntheticScene) -> RasterScene:
    codes = np.zeros((1, 32, 32), dtype=np.uint16)
    codes[:, :16] = 9
    extras = {
        "SCL": ExtraLayer("SCL", Numbers(codes), classes={0: "no data", 9: "cloud"}, bits={}),
        "QA_PIXEL": ExtraLayer("QA_PIXEL", Numbers(codes), classes={}, bits={0: "fill", 3: "cloud"}),
        "CLDPRB": ExtraLayer("CLDPRB", Numbers(codes), classes={}, bits={}),
    }
    bands = (Band("r", "red", "uint16"), Band("g", "green", "uint16"), Band("b", "blue", "uint16"))
    facts = SceneFacts(
        bands=bands,
        positions=(0, 1, 2), alpha=None, georeference=synthetic.georeference, gsd_m=10.0,
        fingerprint="product", acquired=None,
    )  # fmt: skip
    pixels = Numbers(np.full((3, 32, 32), 500, dtype=np.uint16))
    radiometry = synthetic.radiometry.model_copy(update={"low": (0.0,) * 3, "high": (1000.0,) * 3})
    return RasterScene(SceneReference("product"), pixels, facts, radiometry, extras)


def _added(viewer: ViewerModel, product: RasterScene, name: str) -> Any:
    prepared = prepare_extra(product, name)
    assert prepared is not None
    return add_extra(viewer, prepared)


def test_quality_layers_are_listed_with_the_pictures(product: RasterScene, synthetic: SyntheticScene) -> None:
    assert [picture.name for picture in extras_of(product)] == ["extra-SCL", "extra-QA_PIXEL", "extra-CLDPRB"]
    assert extras_of(synthetic) == ()


def test_codes_are_read_only_labels_whose_names_show_on_hover(product: RasterScene) -> None:
    viewer = ViewerModel()
    picture = add_picture(viewer, prepare_picture(product, "true-colour"))
    layer = _added(viewer, product, "extra-SCL")
    assert isinstance(layer, Labels)
    assert not layer.editable
    assert layer.features.set_index("index")["class"][9] == "cloud"
    assert np.allclose(layer.affine.affine_matrix, picture.affine.affine_matrix)
    assert "cloud" in layer.get_status((0.0, 0.0), world=True)["coordinates"]


def test_bits_become_words(product: RasterScene) -> None:
    layer = _added(ViewerModel(), product, "extra-QA_PIXEL")
    assert set(layer.features["class"]) == {"no flag", "fill, cloud"}


def test_measured_numbers_are_an_image_above_the_pictures(product: RasterScene) -> None:
    viewer = ViewerModel()
    add_picture(viewer, prepare_picture(product, "true-colour"))
    labels = viewer.add_labels(np.zeros((4, 4), dtype=np.uint8))
    layer = _added(viewer, product, "extra-CLDPRB")
    assert isinstance(layer, Image)
    assert list(viewer.layers)[1:] == [layer, labels]


def test_a_layer_that_the_product_lacks_is_named(product: RasterScene) -> None:
    assert prepare_extra(product, "true-colour") is None
    with pytest.raises(SceneError, match="no layer XYZ"):
        prepare_extra(product, "extra-XYZ")
