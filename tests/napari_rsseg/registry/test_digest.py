from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_rsseg.errors import ModelError
from napari_rsseg.registry import sha256_of

if TYPE_CHECKING:
    from pathlib import Path


@given(content=st.binary(max_size=300))
def test_the_digest_is_that_of_the_bytes(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    path = tmp_path_factory.mktemp("weights") / "w.safetensors"
    path.write_bytes(content)
    assert sha256_of(path) == hashlib.sha256(content).hexdigest()


def test_a_missing_file_and_a_folder_have_none(tmp_path: Path) -> None:
    for path in (tmp_path / "none.safetensors", tmp_path):
        with pytest.raises(ModelError, match=r"cannot be read"):
            sha256_of(path)
