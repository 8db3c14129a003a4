"""Making the starters and their figures again, from nothing or from where it stopped."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from napari_rsseg.errors import OutputError
from rsseg_training.recipes import builtin_recipes, read_recipe
from rsseg_training.run.figures import study_figures
from rsseg_training.run.folder import RunFolder
from rsseg_training.run.installing import figures_path, install_run
from rsseg_training.run.report import report_text
from rsseg_training.run.training import train
from rsseg_training.run.trials import run_trials, trials_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from napari_rsseg.registry.sources import ModelFile
    from rsseg_training.recipes import Recipe

_MARK = "<!-- tables -->"

__all__ = ["evaluate_starters", "make_starter", "starter_recipes", "write_report"]


def starter_recipes(names: Sequence[str] = ()) -> tuple[Recipe, ...]:
    """Return the recipes of the starters, all or those named."""
    chosen = names or [name for name in builtin_recipes() if name.endswith("-starter")]
    return tuple(read_recipe(name) for name in chosen)


def make_starter(recipe: Recipe, root: Path, destination: Path) -> ModelFile | None:
    """Train a starter on all its data and install it; None where it was asked to stop."""
    folder = RunFolder(root / recipe.name)
    if train(recipe, folder) != "done":
        return None
    return install_run(recipe, folder, destination)


def evaluate_starters(
    recipes: Sequence[Recipe], root: Path, *, workers: int, tell: Callable[[str], None]
) -> bool:
    """Train and score what the figures of the recipes rest on; write them beside the recipes.

    With no workers nothing is trained, and the figures are those of the seeds that are done.

    Returns
    -------
    bool
        False where trainings were stopped; called again, the rest is done.
    """
    trials = [trial for recipe in recipes for trial in trials_of(recipe)]
    trials.sort(key=lambda trial: trial.baseline)  # the starters' own first
    if workers and not run_trials(trials, root, workers=workers, tell=tell):
        return False
    for recipe in recipes:
        figures = study_figures(recipe, root)
        path = figures_path(recipe.name)
        path.parent.mkdir(exist_ok=True)
        path.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
        tell(report_text([figures]))
    return True


def write_report(recipes: Sequence[Recipe], page: Path) -> None:
    """Replace what stands below the mark of a page by tables of the figures measured so far.

    Raises
    ------
    OutputError
        The page is missing or has no mark.
    """
    text = page.read_text(encoding="utf-8") if page.exists() else ""
    head, mark, _ = text.partition(_MARK)
    if not mark:
        raise OutputError(f"{page} has no line {_MARK}.", "Add it where the tables shall begin.")
    figures = [
        json.loads(figures_path(recipe.name).read_text(encoding="utf-8"))
        for recipe in recipes
        if figures_path(recipe.name).exists()
    ]
    page.write_text(f"{head}{mark}\n\n{report_text(figures)}", encoding="utf-8")
