from __future__ import annotations

import pytest
import torch

from napari_rsseg.errors import ModelError
from napari_rsseg.models import build
from napari_rsseg.models.light import KtdaLight, KtdaLightArchitecture, UNet, UNetArchitecture


@pytest.fixture(scope="module")
def network() -> KtdaLight:
    torch.manual_seed(0)
    network = KtdaLight(KtdaLightArchitecture(classes=3, width=32, input_scale=2))
    for module in network.student.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            torch.nn.init.uniform_(module.running_mean, -0.1, 0.1)  # type: ignore[arg-type]
            torch.nn.init.uniform_(module.running_var, 0.5, 2.0)  # type: ignore[arg-type]
    return network.eval()


@pytest.mark.parametrize("family", ["ktda-light", "unet"])
@pytest.mark.parametrize("size", [(32, 32), (64, 96)], ids=["square", "oblong"])
def test_logits_have_the_size_of_the_image(family: str, size: tuple[int, int]) -> None:
    network = build(family, {"classes": 4}).eval()
    with torch.no_grad():
        assert network(torch.zeros(1, 3, *size)).shape == (1, 4, *size)


def test_an_unknown_argument_is_refused_by_name() -> None:
    with pytest.raises(ModelError, match="depth"):
        build("ktda-light", {"classes": 2, "depth": 3})


def test_folding_keeps_the_function_and_leaves_no_statistics(network: KtdaLight) -> None:
    images = torch.randn(2, 3, 48, 64)
    folded = network.folded()
    with torch.no_grad():
        torch.testing.assert_close(folded(images), network(images), rtol=1e-4, atol=1e-5)
    assert not [name for name in folded.state_dict() if "running" in name]


def test_a_folded_network_is_built_again_from_its_architecture(network: KtdaLight) -> None:
    folded = network.folded()
    again = build("ktda-light", folded.architecture.model_dump(mode="json"))
    again.load_state_dict(folded.state_dict())
    images = torch.randn(1, 3, 32, 32)
    with torch.no_grad():
        torch.testing.assert_close(again.eval()(images), folded(images), rtol=0, atol=0)


def test_training_leaves_the_statistics_of_the_student_alone() -> None:
    network = KtdaLight(KtdaLightArchitecture(classes=2, width=16)).train()
    before = {name: value.clone() for name, value in network.state_dict().items() if "running" in name}
    network(torch.randn(2, 3, 64, 64)).sum().backward()
    assert all(torch.equal(network.state_dict()[name], value) for name, value in before.items())


def test_both_networks_have_about_the_same_number_of_parameters() -> None:
    sizes = [
        sum(parameter.numel() for parameter in network.parameters())
        for network in (KtdaLight(KtdaLightArchitecture(classes=2)), UNet(UNetArchitecture(classes=2)))
    ]
    assert abs(sizes[0] - sizes[1]) < 0.02 * sizes[0]
