"""What each difference between a paper, its published code and this package changes, in numbers.

Networks are small and hold random weights of seed 0 on random images: the figures say how far the ways are
apart, not which of them maps better.
"""

from __future__ import annotations

import sys
from copy import deepcopy
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from napari_rsseg.metrics.confusion import scores_of
from napari_rsseg.models import build
from napari_rsseg.models.ktda import resize_positions
from napari_rsseg.models.sam import MobileSamEncoder
from rsseg_training.augmentation.translandseg_pipeline import squashed_mask
from rsseg_training.objectives.averaged_teachers import teacher_share, update_teachers
from rsseg_training.objectives.cross_entropy import cross_entropy
from rsseg_training.objectives.knowledge_transfer import knowledge_transfer
from rsseg_training.objectives.pseudo_labels import pseudo_labels

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.bench

KTDA: dict[str, Any] = {
    "student": {"depths": [1, 1, 1, 1], "channels": [16, 16, 32, 32], "drop_path": 0.0},
    "fam": {"in_channels": [16, 16, 32, 32], "out_channels": 32, "output_size": 5},
    "neck": {"in_channels": [32] * 4, "out_channels": 32, "scales": [4, 2, 1, 0.5]},
    "fmm": {"in_channels": [32] * 4, "blocks": 4, "num_heads": 4},
    "decode_head": {"in_channels": [32] * 4, "channels": 16, "num_classes": 5},
}
TRANSLANDSEG: dict[str, Any] = {
    "inp_size": 128, "embed_dim": 64, "depth": 4, "num_heads": 4, "window_size": 4,
    "global_attn_indexes": [1, 3], "out_chans": 32, "prompt_embed_dim": 32, "scale_factor": 8,
}  # fmt: skip
ST_DASEGNET: dict[str, Any] = {
    "backbone": {"kind": "mit", "embed_dims": 8, "depths": [1, 1, 1, 1]},
    "neck": {"channels": [8, 16, 40, 64]},
    "head": {"kind": "segformer", "in_channels": [8, 16, 40, 72], "channels": 16, "num_classes": 6},
}


def filled(network: nn.Module) -> nn.Module:
    """Give every parameter a random value of a size that keeps features near 1."""
    torch.manual_seed(0)
    with torch.no_grad():
        for value in network.parameters():
            if value.ndim > 1:
                value.normal_(std=value[0].numel() ** -0.5)
            else:
                value.add_(torch.randn_like(value), alpha=0.1)
    return network.eval()


def relative(first: Tensor, second: Tensor) -> float:
    """Return the largest difference over the deviation of the first."""
    return float((first - second).abs().max() / first.std())


def changed_pixels(first: Tensor, second: Tensor) -> float:
    """Return the percentage of pixels that get another class."""
    return 100 * float((first.argmax(dim=1) != second.argmax(dim=1)).float().mean())


def kl_axis() -> str:
    torch.manual_seed(0)
    student, teacher = torch.randn(2, 64, 19, 19), torch.randn(2, 64, 19, 19)
    found = [knowledge_transfer([student], [teacher], axis=axis).kl[0] for axis in ("columns", "channels")]
    return f"64 channels on 19²: {found[0]:.0f} over columns, {found[1]:.2f} over channels"


def kl_underflow() -> str:
    logits = torch.tensor([[0.0, 120.0]])
    return (
        f"two logits 120 apart: {logits.softmax(1).log().min():.0f} against {logits.log_softmax(1).min():.0f}"
    )


def ignored_in_denominator() -> str:
    torch.manual_seed(0)
    logits, labels = torch.randn(1, 5, 64, 64), torch.randint(0, 5, (1, 64, 64))
    labels[:, 6:] = 255
    every, labelled = (float(cross_entropy(logits, labels, mean_over=way)) for way in ("all", "labelled"))
    return f"9 % of a tile labelled: loss {every:.3f} against {labelled:.3f}"


def modulation_epsilon() -> str:
    network = filled(build("ktda", KTDA))
    images = torch.randn(1, 3, 64, 64)
    other = deepcopy(network)
    for module in other.modules():
        if isinstance(module, nn.LayerNorm) and module.eps == 1e-5:
            module.eps = 1e-6
    return f"logits differ by up to {relative(network(images), other(images)):.1e} of their deviation"


def neck_coordinates() -> str:
    torch.manual_seed(0)
    features = torch.randn(1, 8, 19, 19)
    by_factor = functional.interpolate(features, scale_factor=0.5, mode="bilinear")
    by_size = functional.interpolate(features, size=(9, 9), mode="bilinear")
    return f"19 to 9 pixels: up to {float((by_factor - by_size).abs().max()):.1f} on features of deviation 1"


def position_table() -> str:
    torch.manual_seed(0)
    table = torch.randn(1, 1 + 37 * 37, 8)
    back = resize_positions(resize_positions(table, (37, 37), (19, 19)), (19, 19), (37, 37))
    lost = 1 - float(back[:, 1:].var() / table[:, 1:].var())
    return f"37² to 19² and back: {100 * lost:.0f} % of the variance of a random table is lost"


def never_predicted() -> str:
    confusion = np.array([[80, 0, 20], [10, 0, 10], [5, 0, 95]])
    scores = scores_of(confusion)
    either = np.stack((scores.precision, scores.recall))
    harmonic = 2 * either.prod(axis=0) / either.sum(axis=0)
    return (
        f"a class of three never predicted: mean F {np.nanmean(harmonic):.2f} against {scores.f1.mean():.2f}"
    )


def scrambled_tokens() -> str:
    plain, scrambled = (
        filled(build("translandseg", {**TRANSLANDSEG, "embedding_scramble": way})) for way in (False, True)
    )
    images = torch.randn(1, 3, 128, 128)
    first, second = scrambled(images), plain(images)
    return (
        f"logits differ by {relative(first[:, 1], second[:, 1]):.2f} deviations, "
        f"{changed_pixels(first, second):.1f} % of pixels by class"
    )


def random_positions() -> str:
    network: Any = filled(build("translandseg", TRANSLANDSEG))
    images = torch.randn(1, 3, 128, 128)
    first = network(images)
    network.pe_layer.positional_encoding_gaussian_matrix.normal_()
    second = network(images)
    return f"another matrix moves the logits by up to {relative(first[:, 1], second[:, 1]):.2f} deviations"


def first_step() -> str:
    network: Any = filled(build("translandseg", TRANSLANDSEG))
    generator = network.image_encoder.prompt_generator
    images = torch.randn(1, 3, 128, 128)
    generator.start_at_zero()
    start = network(images)
    for parameter in generator.shared_mlp.parameters():
        nn.init.normal_(parameter, std=0.02)
    return f"published start is {relative(start[:, 1], network(images)[:, 1]):.2f} deviations off SAM, ours 0"


def mask_of_ones() -> str:
    mask = np.zeros((64, 64), dtype=np.uint8)
    mask[:32] = 1
    kept = float(squashed_mask(mask, 64).mean()) / float(squashed_mask(mask * 255, 64).mean())
    return f"{100 * kept:.0f} % of the landslides of a 0 / 1 mask are seen"


def teachers_start() -> str:
    told = []
    for start in ("random", "copy"):
        torch.manual_seed(0)
        student, other = nn.Linear(64, 64), nn.Linear(64, 64)
        teacher = other if start == "random" else deepcopy(student)
        for iteration in range(10):
            update_teachers([(teacher, student)], teacher_share(iteration + 1), buffers=True)
        told.append(float((teacher.weight - student.weight).norm() / student.weight.norm()))
    return (
        f"after 10 iterations of a still student {100 * told[0]:.0f} % off it, a copy {100 * told[1]:.0f} %"
    )


def teachers_mode() -> str:
    network = filled(build("stdasegnet", ST_DASEGNET))
    images = torch.randn(2, 3, 64, 64)
    with torch.no_grad():
        evaluated = network.eval()(images)
        torch.manual_seed(1)
        trained = network.train()(images)
    return f"{changed_pixels(evaluated, trained):.0f} % of pseudo labels differ between the two modes"


def unsure_pixels() -> str:
    torch.manual_seed(0)
    logits = 4 * torch.randn(1, 6, 64, 64)
    weights = torch.ones(6)
    half, none = (
        pseudo_labels(logits, class_weights=weights, low_confidence=share).weights.sum()
        for share in (0.5, 0.0)
    )
    return f"{100 * float(1 - none / half):.0f} % of all weight is on unsure pixels of random logits"


def resumed_teachers() -> str:
    return (
        f"the share kept at iteration 40 000: {teacher_share(40_000):.3f}, after a published resume "
        f"{teacher_share(1):.1f}"
    )


def stale_biases() -> str:
    torch.manual_seed(0)
    encoder = MobileSamEncoder().eval()
    image = torch.randn(1, 3, 1024, 1024)
    with torch.no_grad():
        for name, value in encoder.named_parameters():
            if "attention_biases" in name:
                value.normal_(std=0.1)
        loaded = encoder.train().eval()(image)
        for name, value in encoder.named_parameters():
            if "attention_biases" in name:
                value.zero_()
        stale = encoder.train().eval()(image)
    return f"biases of deviation 0.1: embedding off by up to {relative(loaded, stale):.2f} deviations"


ROWS: tuple[tuple[str, str, str, str, Callable[[], str]], ...] = (
    ("KTDA", "divergence of aligned features", "softmax over image columns, kept (`axis=\"columns\"`)",
     "KTDA-light: over channels", kl_axis),
    ("KTDA", "-", "logarithm of a softmax", "log-softmax, the same otherwise", kl_underflow),
    ("KTDA, ST-DASegNet", "-", "ignored pixels count in the denominator, kept (`mean_over=\"all\"`)",
     "our trainings: labelled pixels only", ignored_in_denominator),
    ("KTDA", "-", "epsilon of the modulation's norms by a library's version", "1e-5 stated",
     modulation_epsilon),
    ("KTDA", "-", "neck's half scale by factor, last row dropped", "as published", neck_coordinates),
    ("KTDA cloud", "-", "position table 37² → 19² on load, → 37² at each pass", "as published",
     position_table),
    ("KTDA", "F1", "mean skips classes never predicted", "counted as 0, beside it as published",
     never_predicted),
    ("TransLandSeg", "-", "embedding reads tokens in another memory order, kept (`embedding_scramble`)",
     "our trainings: plain order", scrambled_tokens),
    ("TransLandSeg", "-", "positional matrix random, in the file", "the file's; our trainings: SAM's",
     random_positions),
    ("TransLandSeg", "-", "prompts start random", "our trainings: at 0 (`start_at_zero`)", first_step),
    ("TransLandSeg", "-", "masks of 0 and 255 only", "any class ids", mask_of_ones),
    ("ST-DASegNet", "teacher is a copy of the student", "own random start (`faithful=True`)", "a copy",
     teachers_start),
    ("ST-DASegNet", "teacher is averaged", "runs in training mode (`faithful=True`)", "evaluation mode",
     teachers_mode),
    ("ST-DASegNet", "unsure pixels dropped", "count by half, kept", "`low_confidence=0` drops them",
     unsure_pixels),
    ("ST-DASegNet", "-", "teachers' count is not saved", "saved", resumed_teachers),
    ("MobileSAM", "-", "position biases of before the load", "those of the file", stale_biases),
)  # fmt: skip


def test_what_each_difference_changes(capsys: pytest.CaptureFixture[str]) -> None:
    lines = ["| system | paper | published code | here | measured |", "| --- | --- | --- | --- | --- |"]
    with torch.no_grad():
        lines += [f"| {' | '.join(words)} | {measure()} |" for *words, measure in ROWS]
    with capsys.disabled():
        sys.stdout.write("\n" + "\n".join(lines) + "\n")
    assert not [line for line in lines if "nan" in line]
