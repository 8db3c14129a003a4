"""Model cards and where their files are."""

from napari_rsseg.registry.card import Card, ClassMetric, Evaluation, Family, InputValues
from napari_rsseg.registry.card_file import card_schema, card_text, read_card
from napari_rsseg.registry.defaults import set_default, unset_default
from napari_rsseg.registry.deltas import base_of, whole_model
from napari_rsseg.registry.digest import sha256_of
from napari_rsseg.registry.downloads import DOWNLOADS, Download, find_download
from napari_rsseg.registry.fitting import Fit, fit
from napari_rsseg.registry.mlm import MLM_SCHEMA, mlm_item
from napari_rsseg.registry.published import PUBLISHED_MODELS, PublishedModel, published_model
from napari_rsseg.registry.removing import remove_model
from napari_rsseg.registry.sources import (
    BrokenModel,
    InstalledModels,
    ModelFile,
    check_model,
    default_model,
    find_model,
    installed_models,
    models_of_task,
    open_model,
    scan_models,
    starters_folder,
)
from napari_rsseg.registry.storing import save_model

__all__ = [
    "DOWNLOADS",
    "MLM_SCHEMA",
    "PUBLISHED_MODELS",
    "BrokenModel",
    "Card",
    "ClassMetric",
    "Download",
    "Evaluation",
    "Family",
    "Fit",
    "InputValues",
    "InstalledModels",
    "ModelFile",
    "PublishedModel",
    "base_of",
    "card_schema",
    "card_text",
    "check_model",
    "default_model",
    "find_download",
    "find_model",
    "fit",
    "installed_models",
    "mlm_item",
    "models_of_task",
    "open_model",
    "published_model",
    "read_card",
    "remove_model",
    "save_model",
    "scan_models",
    "set_default",
    "sha256_of",
    "starters_folder",
    "unset_default",
    "whole_model",
]
