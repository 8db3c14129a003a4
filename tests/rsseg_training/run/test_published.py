from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
import torch
from safetensors.torch import save_file

from napari_rsseg.errors import TrainingError
from napari_rsseg.models.ktda import Ktda, Teacher
from napari_rsseg.models.translandseg import TransLandSeg
from napari_rsseg.registry.card_file import read_card
from napari_rsseg.settings import data_folder
from rsseg_training.run.assembly import make_network
from rsseg_training.run.folder import RunFolder
from rsseg_training.run.published import PublishedTraining, find_published_teacher
from rsseg_training.run.training import train
from rsseg_training.sampling import Batch

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from rsseg_training.recipes import Recipe

WIDTHS = [16, 16, 32, 32]
KTDA: dict[str, Any] = {
    "student": {"depths": [1, 1, 1, 1], "channels": WIDTHS, "drop_path": 0.0},
    "teacher": {
        "embed_dims": 32, "depth": 4, "num_heads": 4, "feedforward": 64, "img_size": 64,
        "out_indices": [0, 1, 2, 3],
    },
    "fam": {"in_channels": WIDTHS, "out_channels": 32, "output_size": 5},
    "neck": {"in_channels": [32] * 4, "out_channels": 32},
    "fmm": {"in_channels": [32] * 4, "blocks": 1, "num_heads": 4},
    "decode_head": {"in_channels": [32] * 4, "channels": 16},
    "auxiliary_head": {"in_channels": 32, "channels": 8},
}  # fmt: skip
TRANSLANDSEG: dict[str, Any] = {
    "inp_size": 64, "embed_dim": 64, "depth": 2, "num_heads": 2, "window_size": 3,
    "global_attn_indexes": [1], "out_chans": 32, "prompt_embed_dim": 32,
}  # fmt: skip


def _options(*, faithful: bool) -> dict[str, Any]:
    return {"class_weights": [1.0, 1.0], "faithful": faithful}


@pytest.fixture
def ktda(toy: Callable[..., Recipe]) -> Callable[..., Recipe]:
    def make(*, faithful: bool, **changes: Any) -> Recipe:
        words = {"model": {"family": "ktda", "architecture": KTDA}, "objective": _options(faithful=faithful)}
        return toy(**{**words, "transfer": {"teacher": "auto"}, **changes})

    return make


@pytest.fixture
def translandseg(toy: Callable[..., Recipe]) -> Callable[..., Recipe]:
    def make(*, faithful: bool, **changes: Any) -> Recipe:
        words = {"family": "translandseg", "architecture": TRANSLANDSEG, **changes.pop("model", {})}
        return toy(**{"model": words, "objective": _options(faithful=faithful), **changes})

    return make


@pytest.fixture
def teacher_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A transformer of the recipe's size, under the name of one that timm knows."""
    torch.manual_seed(0)
    words = make_words()
    path = tmp_path / "weights" / "vit_small_patch14_dinov2.safetensors"
    path.parent.mkdir(exist_ok=True)
    save_file(Teacher(words).vit.state_dict(), path)
    monkeypatch.setenv("RSSEG_WEIGHTS", str(path.parent))
    return path


def make_words() -> Any:
    from napari_rsseg.models.ktda import TeacherWords

    return TeacherWords.model_validate(KTDA["teacher"])


def _batch(side: int = 64) -> Batch:
    generator = torch.Generator().manual_seed(0)
    labels = torch.randint(0, 2, (2, side, side), generator=generator, dtype=torch.uint8)
    labels[:, side // 8 :] = 255
    return Batch(torch.randn(2, 3, side, side, generator=generator), labels)


def _training(recipe: Recipe) -> PublishedTraining:
    network = make_network(recipe)
    return PublishedTraining(recipe, network, find_published_teacher(recipe, network))


@pytest.mark.usefixtures("teacher_file")
def test_ktda_learns_from_its_teacher_over_columns_only_when_faithful(ktda: Callable[..., Recipe]) -> None:
    terms = {way: _training(ktda(faithful=way)) for way in (True, False)}
    found = {way: entry.losses(entry.network, _batch()) for way, entry in terms.items()}
    assert set(found[True]) == {"decode.loss_ce", "aux.loss_ce", "distill_loss"}
    assert found[True]["distill_loss"] > 5 * found[False]["distill_loss"]  # a sum against a mean over pixels
    assert found[True]["decode.loss_ce"] < found[False]["decode.loss_ce"] / 4  # an eighth is labelled


def test_without_a_teacher_ktda_trains_without_the_term_and_the_card_says_so(
    ktda: Callable[..., Recipe], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not data_folder().exists():
        pytest.skip("the labelled sets (RSSEG_DATA) are not here")
    monkeypatch.setenv("RSSEG_WEIGHTS", str(tmp_path / "nothing"))
    monkeypatch.setenv("RSSEG_CACHE", str(tmp_path / "cache"))
    folder = RunFolder(tmp_path / "run")
    loop = {"steps": 2, "batch": 2, "crop_px": 64}
    assert train(ktda(faithful=True, loop=loop, calibration=[]), folder) == "done"
    card = read_card(folder.path / "best.json")
    assert card.family == "ktda"
    assert "No teacher was found" in card.notes


def test_a_teacher_of_another_size_is_refused_with_what_to_do(
    ktda: Callable[..., Recipe], teacher_file: Path
) -> None:
    other = {**KTDA, "teacher": {**KTDA["teacher"], "depth": 6}}
    recipe = ktda(faithful=True, model={"family": "ktda", "architecture": other})
    with pytest.raises(TrainingError, match=f"{teacher_file.name} is not the teacher of this recipe"):
        _training(recipe)


def test_ktdas_norms_and_only_they_keep_their_size_when_faithful(ktda: Callable[..., Recipe]) -> None:
    training = _training(ktda(faithful=True, transfer={"teacher": "none"}))
    assert isinstance(training.network, Ktda)
    still = {id(group["params"][0]) for group in training.groups() if group["weight_decay"] == 0}
    named = dict(training.network.named_parameters())
    assert id(named["student.norms.0.weight"]) in still
    assert id(named["decode_head.conv_seg.bias"]) not in still


def test_translandseg_starts_at_sam_unless_faithful(translandseg: Callable[..., Recipe]) -> None:
    for faithful in (True, False):
        network = make_network(translandseg(faithful=faithful))
        assert isinstance(network, TransLandSeg)
        generator = network.image_encoder.prompt_generator
        assert bool(generator.shared_mlp.weight.any()) is faithful
        assert network.architecture.embedding_scramble is faithful


def test_sams_positions_are_taken_from_its_file_unless_faithful(
    translandseg: Callable[..., Recipe], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    donor = make_network(translandseg(faithful=True, seed=5))
    table = torch.full((2, 16), 3.0)
    tensors = {key: value for key, value in donor.state_dict().items() if key.startswith("image_encoder.")}
    tensors["prompt_encoder.pe_layer.positional_encoding_gaussian_matrix"] = table
    save_file(tensors, tmp_path / "sam.safetensors")
    monkeypatch.setenv("RSSEG_WEIGHTS", str(tmp_path))
    for faithful in (True, False):
        network = make_network(translandseg(faithful=faithful, model={"initial": "sam.safetensors"}))
        assert isinstance(network, TransLandSeg)
        matrix = network.pe_layer.positional_encoding_gaussian_matrix
        assert torch.equal(matrix, table) is not faithful
        weight = network.image_encoder.patch_embed.proj.weight
        assert torch.equal(weight, tensors["image_encoder.patch_embed.proj.weight"])


def test_translandseg_trains_its_prompts_and_decoder_on_real_images_and_nothing_of_sam(
    translandseg: Callable[..., Recipe], tmp_path: Path
) -> None:
    if not data_folder().exists():
        pytest.skip("the labelled sets (RSSEG_DATA) are not here")
    recipe = translandseg(
        faithful=False, loop={"steps": 3, "batch": 2, "crop_px": 64, "averaging": 0.0}, calibration=[]
    )
    before = make_network(recipe).state_dict()
    folder = RunFolder(tmp_path / "run")
    assert train(recipe, folder) == "done"
    from safetensors.torch import load_file

    after = load_file(folder.path / "best.safetensors")
    moved = {key for key, value in after.items() if not torch.equal(value, before[key].half())}
    assert any(key.startswith("mask_decoder.") for key in moved)
    assert all("prompt_generator" in key for key in moved if key.startswith("image_encoder."))
    assert re.search(r"Trained [\d,]+ of [\d,]+ parameters", read_card(folder.path / "best.json").notes)


def test_more_than_one_class_is_refused_for_translandseg(translandseg: Callable[..., Recipe]) -> None:
    recipe = translandseg(
        faithful=False,
        task="cloud",
        data=[{"set": "l8_biome_4class", "splits": ["all"]}],
        calibration=[],
        objective={"class_weights": [1.0] * 4},
    )
    with pytest.raises(TrainingError, match="cloud has 4 classes"):
        make_network(recipe)


def test_the_published_decay_of_clouds_begins_before_the_rate_is_full(toy: Callable[..., Recipe]) -> None:
    loop = {"steps": 400, "warm_up": 0.1}
    clouds = toy(
        task="cloud", data=[{"set": "l8_biome_4class", "splits": ["all"]}], calibration=[], loop=loop,
        model={"family": "ktda", "architecture": KTDA},
        objective={"class_weights": [1.0] * 4, "faithful": True}, transfer={"teacher": "none"},
    )  # fmt: skip
    slides = toy(
        loop=loop, calibration=[], model={"family": "ktda", "architecture": KTDA},
        objective=_options(faithful=True), transfer={"teacher": "none"},
    )  # fmt: skip
    highest = [max(map(_training(recipe).factor, range(400))) for recipe in (clouds, slides)]
    assert highest[0] < highest[1] == pytest.approx(1)
