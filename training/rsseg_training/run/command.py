"""``rsseg-train``: the trainer's command line."""

from __future__ import annotations

import logging
import sys
from pathlib import Path
from typing import Annotated

import typer

from napari_rsseg.errors import RssegError

__all__ = ["app", "main"]

app = typer.Typer(no_args_is_help=True, add_completion=False, help="Train and evaluate segmentation models.")


@app.callback()
def _group() -> None:
    """Train and evaluate segmentation models."""


@app.command()
def run(
    recipe: Annotated[str, typer.Argument(help="TOML file, or the name of a recipe of this package.")],
    out: Annotated[Path, typer.Option(help="Folder of runs; the run gets one of its own in it.")] = Path(
        "runs"
    ),
    folder: Annotated[Path | None, typer.Option(help="The run's own folder, also to resume it.")] = None,
    seed: Annotated[int | None, typer.Option(help="Instead of the recipe's.")] = None,
) -> None:
    """Train a recipe; started again with the same folder it goes on where it stopped."""
    from rsseg_training.recipes import read_recipe
    from rsseg_training.run.folder import RunFolder
    from rsseg_training.run.training import train

    chosen = read_recipe(recipe)
    if seed is not None:
        chosen = chosen.model_copy(update={"seed": seed})
    place = RunFolder(folder or out / f"{chosen.name}-seed{chosen.seed}")
    state = train(chosen, place)
    typer.echo(f"{place.path}: {state}")
    if state != "done":
        raise typer.Exit(1)


@app.command()
def install(
    folder: Annotated[Path, typer.Argument(help="Folder of a run that is done.")],
    destination: Annotated[
        Path | None, typer.Option("--to", help="Folder of models; default: the user's.")
    ] = None,
) -> None:
    """Put a run's model, with the figures measured for its recipe, among the models that can be chosen."""
    from napari_rsseg.settings import user_models_folder
    from rsseg_training.recipes import read_recipe
    from rsseg_training.run.folder import RunFolder
    from rsseg_training.run.installing import install_run

    recipe = read_recipe(folder / "recipe.toml")
    model = install_run(recipe, RunFolder(folder), destination or user_models_folder())
    typer.echo(str(model.weights_path))


_Names = Annotated[list[str] | None, typer.Argument(help="Recipes; default: all starters.")]
_Runs = Annotated[Path, typer.Option(help="Folder of the runs; what is in it already is not trained again.")]


@app.command()
def starters(
    names: _Names = None,
    runs: _Runs = Path(".runs"),
    destination: Annotated[Path | None, typer.Option("--to", help="Default: the package's own.")] = None,
) -> None:
    """Train the starters again and put them into the package."""
    from napari_rsseg.registry.sources import starters_folder
    from rsseg_training.run.starters import make_starter, starter_recipes

    for recipe in starter_recipes(names or ()):
        model = make_starter(recipe, runs, destination or starters_folder())
        if model is None:
            raise typer.Exit(1)
        typer.echo(str(model.weights_path))


@app.command()
def evaluate_starters(
    names: _Names = None,
    runs: _Runs = Path(".runs"),
    workers: Annotated[int, typer.Option(min=0, help="Trainings side by side; 0: score what is done.")] = 2,
    page: Annotated[Path | None, typer.Option(help="Markdown page whose tables are renewed.")] = None,
) -> None:
    """Measure the starters over seeds and folds; stopped, it goes on when started again."""
    from rsseg_training.run import starters as making

    if not making.evaluate_starters(
        making.starter_recipes(names or ()), runs, workers=workers, tell=typer.echo
    ):
        raise typer.Exit(1)
    if page is not None:
        making.write_report(making.starter_recipes(), page)


@app.command()
def prompts(
    out: Annotated[Path, typer.Argument(help="Weight file to write.")],
    seed: Annotated[int, typer.Option(help="Of simulated users and weights.")] = 0,
) -> None:
    """Train the two small networks behind the classical segmenter by simulated users."""
    import torch
    from threadpoolctl import threadpool_limits

    from napari_rsseg.settings import data_folder
    from rsseg_training.run.prompt_judge import examples_of, train_judge
    from rsseg_training.run.prompting import starter_features, training_chips

    torch.set_num_threads(1)
    with threadpool_limits(1):  # sums are then added in one order, so that one seed gives one file
        examples = examples_of(training_chips(data_folder()), starter_features())
        train_judge(examples, out, seed=seed, tell=typer.echo)
    typer.echo(f"{out}: learned from {len(examples)} objects")


def main() -> None:
    """Run the command line; an error is one sentence and a remedy, exit code 2."""
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    try:
        app()
    except RssegError as error:
        typer.echo(str(error), err=True)
        sys.exit(2)
