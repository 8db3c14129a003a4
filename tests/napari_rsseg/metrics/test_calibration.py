from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from napari_rsseg.metrics import (
    Reliability,
    expected_calibration_error,
    fit_temperature,
    logit_bias_of_threshold,
    softmax,
)


def drawn(pixels: int, *, sharpness: float) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.int64]]:
    """Logits that are ``sharpness`` times what the drawn truth justifies."""
    generator = np.random.default_rng(1)
    logits = generator.normal(size=(pixels, 3))
    chances = softmax(logits).cumsum(axis=1)
    truth = (generator.random((pixels, 1)) > chances).sum(axis=1)
    return logits * sharpness, truth


def test_a_sure_and_right_prediction_has_no_error() -> None:
    probabilities = np.array([[1.0, 0.0], [0.0, 1.0]])
    assert expected_calibration_error(probabilities, np.array([0, 1])) == 0.0


def test_the_error_is_the_gap_of_confidence_and_accuracy() -> None:
    probabilities = np.array([[0.9] * 10, [0.1] * 10])
    truth = np.array([0] * 6 + [1] * 4)
    assert expected_calibration_error(probabilities, truth) == pytest.approx(0.3)


def test_pixels_about_which_nothing_is_said_are_not_counted() -> None:
    probabilities = np.array([[0.9, 0.9], [0.1, 0.1]])
    assert expected_calibration_error(probabilities, np.array([0, 255])) == pytest.approx(0.1)
    assert np.isnan(expected_calibration_error(probabilities, np.array([255, 255])))


def test_images_added_one_by_one_equal_all_at_once() -> None:
    logits, truth = drawn(600, sharpness=1.5)
    probabilities = softmax(logits).T
    summed = Reliability()
    for start in range(0, 600, 200):
        summed.add(probabilities[:, start : start + 200], truth[start : start + 200])
    assert summed.expected_calibration_error == pytest.approx(
        expected_calibration_error(probabilities, truth)
    )


@pytest.mark.parametrize("sharpness", [0.5, 1.0, 3.0], ids=["too shy", "right", "too sure"])
def test_the_temperature_undoes_the_sharpness_of_logits(sharpness: float) -> None:
    logits, truth = drawn(20_000, sharpness=sharpness)
    temperature = fit_temperature(logits, truth)
    assert temperature == pytest.approx(sharpness, rel=0.06)
    assert expected_calibration_error(softmax(logits / temperature).T, truth) < 0.012


def test_without_a_labelled_pixel_the_temperature_is_1() -> None:
    assert fit_temperature(np.zeros((4, 2)), np.full(4, 255)) == 1.0


@pytest.mark.parametrize("threshold", [0.2, 0.5, 0.93])
def test_the_bias_of_a_threshold_calls_the_second_class_above_it(threshold: float) -> None:
    second = np.linspace(0.01, 0.99, 197)
    logits = np.stack([np.zeros_like(second), np.log(second / (1 - second))], axis=1)
    called = (logits + np.array(logit_bias_of_threshold(threshold))).argmax(axis=1)
    clear = np.abs(second - threshold) > 1e-9
    assert np.array_equal(called[clear] == 1, (second > threshold)[clear])


@pytest.mark.parametrize("threshold", [0.0, 1.0, -2.0])
def test_a_threshold_outside_0_to_1_is_refused(threshold: float) -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        logit_bias_of_threshold(threshold)
