"""Pages of the reference that are made from the code each time the documentation is built."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from typing import TYPE_CHECKING

from mkdocs.structure.files import File

from napari_rsseg.classes import BUILTIN_SCHEMES, PALETTES
from napari_rsseg.registry import card_schema, installed_models
from napari_rsseg.registry.published import PUBLISHED_MODELS
from napari_rsseg.viewer.keys import KEYS

if TYPE_CHECKING:
    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.structure.files import Files

    from napari_rsseg.classes.scheme import Scheme
    from napari_rsseg.registry.card import Card, Evaluation

PROGRAMS = {"napari-rsseg": "napari_rsseg.cli.main", "rsseg-train": "rsseg_training.run.command"}
ROOMS = (
    "errors", "settings", "classes", "scenes", "metrics", "models", "models.ktda", "models.light",
    "models.st_dasegnet", "models.translandseg", "models.sam", "checkpoints", "registry", "engine", "jobs",
)  # fmt: skip
NOT_OURS = re.compile(r"^\* `--(install-completion|show-completion)`.*\n", re.MULTILINE)


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the generated pages to those that are written by hand."""
    pages = {
        "reference/command-line.md": command_line_page(),
        "reference/models.md": models_page(),
        "reference/card.md": card_page(),
        "reference/classes.md": classes_page(),
        "reference/keys.md": keys_page(),
        "reference/api.md": api_page(),
    }
    for path, text in pages.items():
        files.append(File.generated(config, path, content=text))
    return files


def command_line_page() -> str:
    """Return every command of both programs with its arguments, options and example."""
    page = "# Command line\n\nExit codes: 0 done; 1 stopped or unexpected; 2 cannot be done as asked.\n"
    for program, module in PROGRAMS.items():
        words = [sys.executable, "-m", "typer", module, "utils", "docs", "--name", program]
        text = subprocess.run(words, capture_output=True, text=True, check=True).stdout
        page += "\n" + re.sub(r"^(#+ )", r"#\1", NOT_OURS.sub("", text), flags=re.MULTILINE)
    return page


def models_page() -> str:
    """Return the card of every model that comes with the package, and the published ones to be imported."""
    cards = [model.card for model in installed_models()]
    lines = [
        "# Models",
        "",
        "Cards of the models in the package, as `napari-rsseg models show` reads them.",
        "",
    ]
    for card in sorted(cards, key=lambda card: card.name):
        lines += _card_lines(card)
    lines += ["## Models of the papers, full size", "", "Their weights are not part of the package.", ""]
    lines += ["| model | task | files | from | terms |", "| --- | --- | --- | --- | --- |"]
    lines += [
        f"| {model.title} (`{model.name}`) | {model.task} | {model.files} "
        f"| <{model.origin}> | {model.terms} |"
        for model in PUBLISHED_MODELS
    ]
    return "\n".join(lines) + "\n"


def _card_lines(card: Card) -> list[str]:
    gsd = "any" if card.gsd_min_m is None else f"{card.gsd_min_m:g} to {card.gsd_max_m:g} m"
    facts = {
        "Family": f"`{card.family}`",
        "Classes": ", ".join(card.scheme.names) if card.scheme else "none: it answers prompts",
        "Bands": ", ".join(card.bands),
        "Values": card.input_values.expects,
        "Tile": f"{card.tile_px} px",
        "Ground sampling distance": gsd,
        "Licence": card.licence,
        "Temperature": f"{card.temperature:.3f}",
        "Logit bias": ", ".join(f"{value:.3f}" for value in card.logit_bias) or "none",
        "sha256": f"`{card.sha256}`",
    }
    lines = [f"## {card.name}", "", f"{card.title}.", "", "| | |", "| --- | --- |"]
    lines += [f"| {name} | {value} |" for name, value in facts.items()]
    lines += [
        "",
        card.notes,
        "",
        "Trained on:",
        "",
        *(f"- {sentence}" for sentence in card.training_data),
        "",
    ]
    for evaluation in card.evaluations:
        lines += _evaluation_lines(evaluation)
    return lines


def _evaluation_lines(evaluation: Evaluation) -> list[str]:
    relation = "other images of this set were trained on" if evaluation.trained_on else "never trained on"
    seeds = "one seed" if evaluation.seeds == 1 else f"{evaluation.seeds} seeds"
    lines = [
        f"### {evaluation.dataset}",
        "",
        f"{evaluation.images} images, {seeds}; {relation}. {evaluation.note}",
        "",
    ]
    lines += [
        "| class | IoU | 95 % interval | F1 | precision | recall |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for name, metric in evaluation.per_class.items():
        interval = f"{_number(metric.iou_low)} to {_number(metric.iou_high)}"
        rest = " | ".join(_number(value) for value in (metric.f1, metric.precision, metric.recall))
        lines.append(f"| {name} | {_number(metric.iou)} | {interval} | {rest} |")
    means = f"Mean IoU {_number(evaluation.mean_iou)}, "
    means += f"with absent classes counted as 0 {_number(evaluation.mean_iou_absent_as_zero)}."
    if evaluation.ece_before is not None:
        means += f" Calibration error {_number(evaluation.ece_before)} before the card's temperature, "
        means += f"{_number(evaluation.ece_after)} after."
    if evaluation.threshold is not None:
        means += f" Foreground above a probability of {evaluation.threshold:g}."
    return [*lines, "", means, "", *_confusion_lines(evaluation)]


def _confusion_lines(evaluation: Evaluation) -> list[str]:
    if not evaluation.confusion:
        return []
    names = list(evaluation.per_class)
    lines = ["| truth, in pixels | " + " | ".join(f"called {name}" for name in names) + " |"]
    lines.append("| --- |" + " --- |" * len(names))
    for name, row in zip(names, evaluation.confusion, strict=True):
        lines.append(f"| {name} | " + " | ".join(f"{value:,}" for value in row) + " |")
    return [*lines, ""]


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"


def card_page() -> str:
    """Return the JSON Schema of model cards."""
    schema = json.dumps(card_schema(), indent=2)
    return (
        "# Model cards\n\nA model is two files of one name: `NAME.safetensors` with the weights and "
        "`NAME.json`, its card. A card follows this JSON Schema; `napari-rsseg models check` verifies both "
        "files.\n\n"
        f"```json\n{schema}\n```\n"
    )


def classes_page() -> str:
    """Return the built-in class schemes with their colours."""
    lines = ["# Classes", "", "255 means in every scheme that nothing is said about a pixel.", ""]
    for scheme in BUILTIN_SCHEMES.values():
        lines += _scheme_lines(scheme)
    return "\n".join(lines)


def _scheme_lines(scheme: Scheme) -> list[str]:
    lines = [
        f"## {scheme.name}",
        "",
        "| id | class | colour | what belongs to it |",
        "| --- | --- | --- | --- |",
    ]
    for index, entry in enumerate(scheme.classes):
        clear = " Transparent until shown." if entry.name in scheme.background else ""
        lines.append(f"| {index} | {entry.name} | {_swatch(entry.colour)} | {entry.definition}{clear} |")
    lines += ["", "Palettes, the first one being the default:", ""]
    for name, colours in PALETTES.get(scheme.name, {}).items():
        lines.append(f"- {name}: {' '.join(_swatch(colour) for colour in colours)}")
    return [*lines, ""]


def _swatch(colour: str) -> str:
    return f'<span style="background:{colour};padding:0 1em"></span> `{colour}`'


def keys_page() -> str:
    """Return the keys that the plugin binds in the viewer."""
    lines = ["# Keys", "", "Beside napari's own:", "", "| key | what it does |", "| --- | --- |"]
    lines += [
        f"| `{key.replace('Control', 'Ctrl').replace('-', '+')}` | {what} |" for key, what in KEYS.items()
    ]
    return "\n".join(lines) + "\n"


def api_page() -> str:
    """Return the directives from which mkdocstrings writes the programming interface."""
    lines = [
        "# Programming interface",
        "",
        "What each room of the package exports; the rest is private to it.",
        "",
    ]
    for room in ROOMS:
        lines += [f"## {room}", "", f"::: napari_rsseg.{room}", ""]
    return "\n".join(lines)
