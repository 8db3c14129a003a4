"""Pages of the reference that are made from the code each time the documentation is built."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from typing import TYPE_CHECKING

from mkdocs.structure.files import File

from napari_rsseg.classes import BUILTIN_SCHEMES, PALETTES
from napari_rsseg.panels.card_page import card_page
from napari_rsseg.panels.correct_tools import CORRECT_TOOLS
from napari_rsseg.panels.review import REVIEW_KEYS
from napari_rsseg.panels.tool_keys import COMMANDS
from napari_rsseg.registry import DOWNLOADS, MLM_SCHEMA, card_schema, installed_models
from napari_rsseg.registry.card import Card, Evaluation, InputValues
from napari_rsseg.registry.card_words import field_words
from napari_rsseg.registry.mlm import MLM_FIELDS
from napari_rsseg.registry.published import PUBLISHED_MODELS
from napari_rsseg.viewer.keys import KEYS, PROMPT_KEYS

if TYPE_CHECKING:
    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.structure.files import Files

    from napari_rsseg.classes.scheme import Scheme

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
        "reference/card.md": card_schema_page(),
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
        lines += [card_page(card)]
    lines += ["## Models of the papers, full size", "", "Their weights are not part of the package.", ""]
    lines += ["| model | task | files | from | terms |", "| --- | --- | --- | --- | --- |"]
    lines += [
        f"| {model.title} (`{model.name}`) | {model.task} | {model.files} "
        f"| <{model.origin}> | {model.terms} |"
        for model in PUBLISHED_MODELS
    ]
    lines += ["", "## What can be downloaded", "", "Nothing is fetched unless asked for by its name:", ""]
    lines += ["```sh", f"napari-rsseg models get {DOWNLOADS[0].name}", "```", ""]
    lines += ["| name | what it is | bytes | from | terms |", "| --- | --- | --- | --- | --- |"]
    lines += [
        f"| `{entry.name}` | {entry.title} | {f'{entry.size:,}' if entry.size else 'told there'} "
        f"| <{entry.origin}> | {entry.licence} |"
        for entry in DOWNLOADS
    ]
    return "\n".join(lines) + "\n"


def card_schema_page() -> str:
    """Return the JSON Schema of model cards."""
    lines = [
        "# Model cards",
        "",
        "A model is two files of one name: `NAME.safetensors` with the weights and `NAME.json`, its card. "
        "`napari-rsseg models check` verifies both files. Weights that this package writes carry their card "
        "inside too, so that a lost one comes back with `napari-rsseg models import NAME.safetensors`.",
        "",
        "`napari-rsseg models show NAME --mlm` prints a card as a STAC Item of the "
        f"[Machine Learning Model extension]({MLM_SCHEMA}), version 1.3.0, for catalogues of models; the "
        "right column says where each field goes.",
        "",
        "| field | what it says | in the extension |",
        "| --- | --- | --- |",
    ]
    words = {name: said.replace("``", "`") for name, said in field_words(Card).items()}
    lines += [
        f"| `{name}` | {words.get(name, 'Version of this form.')} | {MLM_FIELDS.get(name, '')} |"
        for name in Card.model_fields
    ]
    for part, model in (("input_values", InputValues), ("evaluations", Evaluation)):
        lines += ["", f"## {part}", "", "| field | what it says |", "| --- | --- |"]
        lines += [f"| `{name}` | {said.replace('``', '`')} |" for name, said in field_words(model).items()]
    schema = json.dumps(card_schema(), indent=2)
    return "\n".join([*lines, "", "## JSON Schema", "", "```json", schema, "```", ""])


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
    lines = ["# Keys", "", "Beside napari's own:", "", *_key_table(KEYS)]
    lines += [
        "",
        "On the canvas, while [prompting](../how-to/click-prompts.md):",
        "",
        *_key_table(PROMPT_KEYS),
        "",
        "On the canvas, while labels are chosen ([correct labels](../how-to/correct-labels.md)); digits "
        "choose the class of that number. Each can be another key: the Correct page, **Keys**.",
        "",
        *_key_table({tool.shortcut: f"**{tool.words}**: {tool.tooltip}" for tool in CORRECT_TOOLS}),
        *_key_table(dict(COMMANDS.values()))[2:],
        "",
        "On the canvas, while a window is [under review](../how-to/review.md):",
        "",
        *_key_table(REVIEW_KEYS),
    ]
    return "\n".join(lines) + "\n"


def _key_table(keys: dict[str, str]) -> list[str]:
    rows = [
        f"| `{key.replace('Control', 'Ctrl').replace('-', '+')}` | {what} |" for key, what in keys.items()
    ]
    return ["| key | what it does |", "| --- | --- |", *rows]


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
