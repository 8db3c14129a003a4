from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.numpy import load_file, save_file

from napari_rsseg.checkpoints.backbones import backbone_network
from napari_rsseg.classes import GRASS, LANDSLIDE, ClassDefinition, Scheme
from napari_rsseg.errors import CheckpointError, ModelError, OutputError
from napari_rsseg.jobs.importing import ImportOptions, import_file, import_published
from napari_rsseg.models import build
from napari_rsseg.models.sam import Sam, SamArchitecture
from napari_rsseg.registry import PUBLISHED_MODELS, PublishedModel, card_text, published_model
from napari_rsseg.registry.card_file import card_of
from napari_rsseg.registry.storing import CARD_KEY

GOLDEN = Path(os.environ["RSSEG_GOLDEN"])
needs_golden = pytest.mark.skipif(not GOLDEN.is_dir(), reason="RSSEG_GOLDEN holds no reference cases")


@pytest.fixture(autouse=True)
def own_models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RSSEG_MODELS", str(tmp_path / "models"))


def tiny(name: str, case: str) -> tuple[PublishedModel, Path]:
    """Return a published model at the size of a reference case, and the file its authors' program wrote."""
    words = json.loads((GOLDEN / f"{case}.json").read_text(encoding="utf-8"))
    words_of_file = {"checkpoint", "epoch", "note"}
    architecture = {key: value for key, value in words["model"].items() if key not in words_of_file}
    file = words["model"].get("checkpoint") or words["options"]["file"]
    model = published_model(name)
    assert model is not None
    return replace(model, architecture=architecture), GOLDEN / file


@needs_golden
@pytest.mark.parametrize(
    ("name", "case"),
    [("ktda-grass", "ktda_checkpoint_best"), ("translandseg-bijie", "tls_checkpoint_tiny")],
)
def test_a_published_file_becomes_a_model_that_loads(name: str, case: str) -> None:
    model, source = tiny(name, case)
    imported = import_published(model, source)
    assert imported.card.name == name
    assert "ask them" in imported.card.licence
    network = build(imported.card.family, imported.card.architecture)
    state = {key: torch.from_numpy(value) for key, value in load_file(imported.weights_path).items()}
    network.load_state_dict(state)
    with pytest.raises(OutputError, match="exists"):
        import_published(model, source)


@needs_golden
@pytest.mark.parametrize(
    ("file", "name", "scheme", "tile_px"),
    [
        ("ktda_checkpoint_best.pth", "ktda-checkpoint-best", GRASS, 32),
        ("tls_checkpoint_tiny.pth.tar", "tls-checkpoint-tiny", LANDSLIDE, 64),
    ],
)
def test_a_file_alone_tells_network_classes_and_tile(
    file: str, name: str, scheme: Scheme, tile_px: int
) -> None:
    imported = import_file(GOLDEN / file)
    card = imported.card
    assert (card.name, card.scheme, card.tile_px) == (name, scheme, tile_px)
    network = build(card.family, card.architecture)
    state = {key: torch.from_numpy(value) for key, value in load_file(imported.weights_path).items()}
    network.load_state_dict(state)
    assert network.eval()(torch.zeros(1, 3, tile_px, tile_px)).shape[:2] == (1, len(scheme.classes))


@needs_golden
def test_classes_that_only_the_file_knows_are_taken_with_its_colours() -> None:
    card = import_file(GOLDEN / "std_checkpoint_tiny.pth").card
    assert card.scheme is not None
    assert (card.family, card.scheme.name) == ("stdasegnet", "of-std-checkpoint-tiny")
    assert card.scheme.names[:3] == ("impervious surface", "building", "low vegetation")
    assert [definition.colour for definition in card.scheme.classes][:3] == ["#ffffff", "#0000ff", "#00ffff"]
    assert "ask its authors" in card.licence


@needs_golden
def test_own_name_and_classes_take_the_place_of_those_in_the_file() -> None:
    colours = ("#000000", "#111111", "#222222", "#333333", "#444444")
    heights = Scheme(
        name="heights",
        classes=tuple(ClassDefinition(name=colour[1:], colour=colour) for colour in colours),
    )
    source = GOLDEN / "ktda_checkpoint_best.pth"
    card = import_file(source, name="own", options=ImportOptions(scheme=heights)).card
    assert (card.name, card.scheme) == ("own", heights)
    with pytest.raises(ModelError, match="network of 5 classes, scheme landslide has 2"):
        import_file(source, options=ImportOptions(scheme=LANDSLIDE))


@needs_golden
def test_a_file_of_another_network_is_refused_and_leaves_nothing(tmp_path: Path) -> None:
    model, _ = tiny("ktda-grass", "ktda_checkpoint_best")
    _, other = tiny("translandseg-bijie", "tls_checkpoint_tiny")
    with pytest.raises(CheckpointError, match="do not fit the network"):
        import_published(model, other)
    assert not (tmp_path / "models").exists()


def test_what_is_no_weight_file_is_refused(tmp_path: Path) -> None:
    source = tmp_path / "page.html"
    source.write_text("<html>not found</html>", encoding="utf-8")
    with pytest.raises(CheckpointError):
        import_published(PUBLISHED_MODELS[0], source)


@pytest.mark.parametrize("model", PUBLISHED_MODELS, ids=lambda model: model.name)
def test_the_card_of_every_published_model_is_valid(model: PublishedModel) -> None:
    card = card_of({**model.card_values(), "sha256": "0" * 64}, source="here")
    assert card.name in card_text(card)
    with torch.device("meta"):
        build(card.family, card.architecture)


def toy_sam(path: Path) -> Path:
    """Write a SAM of toy size as its authors' program would."""
    architecture = SamArchitecture(
        img_size=64, embed_dim=16, depth=2, num_heads=2, window_size=2, global_attn_indexes=(1,),
        prompt_embed_dim=16,
    )  # fmt: skip
    torch.save(Sam(architecture).state_dict(), path)
    return path


def test_sam_becomes_a_model_without_classes(tmp_path: Path) -> None:
    source = toy_sam(tmp_path / "sam_vit_b_01ec64.pth")
    card = import_file(source).card
    assert (card.name, card.family, card.scheme, card.tile_px) == ("sam-vit-b-01ec64", "sam", None, 64)
    assert "ask its authors" in card.licence  # its digest is not the published one's
    with pytest.raises(ModelError, match="without classes"):
        import_file(source, name="other", options=ImportOptions(scheme=LANDSLIDE))


def test_a_backbone_becomes_a_model_to_train_on(tmp_path: Path) -> None:
    torch.save(
        backbone_network({"library": "timm", "name": "convnext_atto"}).state_dict(), tmp_path / "b.pth"
    )
    card = import_file(tmp_path / "b.pth", name="atto").card
    assert (card.family, card.architecture) == ("backbone", {"library": "timm", "name": "convnext_atto"})
    assert card.tile_px == 224


def test_a_lost_card_is_restored_from_the_weights_that_carry_it(tmp_path: Path) -> None:
    first = import_file(toy_sam(tmp_path / "toy.pth"))
    lost = first.weights_path.rename(tmp_path / "found.safetensors")
    first.card_path.unlink()
    again = import_file(lost)
    assert again.card == first.card
    assert import_file(again.weights_path, name="copy").card.architecture == first.card.architecture


def test_what_weights_carry_is_a_strangers_word(tmp_path: Path) -> None:
    first = import_file(toy_sam(tmp_path / "toy.pth"))
    tensors = load_file(first.weights_path)
    values = first.card.model_dump(mode="json", exclude={"sha256"})
    for wrong, said in (
        ({"name": "../outside"}, "is not a model card"),
        ({"family": "unheard"}, "family 'unheard' is unknown"),
        ({"architecture": {"encoder": "vit_b"}}, "do not fit the network sam"),
    ):
        save_file(tensors, tmp_path / "bare.safetensors", {CARD_KEY: json.dumps({**values, **wrong})})
        with pytest.raises((ModelError, CheckpointError), match=said):
            import_file(tmp_path / "bare.safetensors", name=None)
    save_file(tensors, tmp_path / "bare.safetensors", {CARD_KEY: "[" * 100_000})
    assert import_file(tmp_path / "bare.safetensors").card.name == "bare"  # told by its keys instead
