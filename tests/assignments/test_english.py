"""Checks say everything in English to students of an English course, the questions in the checks' own source too."""

from __future__ import annotations

import json

import pytest

from grader.assignments.loss_functions.questions import PHRASES
from grader.checking.wording import Reworded
from grader.submission.language import speaking
from tests.helpers.bank import bank, graded
from tests.helpers.messages import JAPANESE

SAID = {
    "softmax/one_buffer_for_all": "first of two calls of softmax(logits), with logits overwritten in between",
    "cross_entropy/lru_cache": "second of two calls of cross_entropy(logits, targets)",
    "cross_entropy/raw_storage_of_logits": "(laid out in memory with strides=[",
    "iris_hookup/predict_changes_x": "(overwritten with ",
    "inverse_ratio_weights/float64": "dtype of inverse_ratio_weights → torch.float64",
    "weighted_criterion/one_module_for_all": "], after make_criterion was called twice",
    "weighted_run/equal_weights": "recall after training (common classes 0–1, rare classes 4–9)",
}
ANSWERS = {f"{answer.folder}/{answer.name}": answer for answer in bank()}


@pytest.mark.parametrize("name", SAID)
def test_wrong_answers_are_told_in_english(name: str) -> None:
    with speaking("en"):
        verdicts = graded(ANSWERS[name])
    told = json.dumps([(v.title, v.evidence, v.figure and v.figure.caption) for v in verdicts], ensure_ascii=False)
    assert SAID[name] in told
    assert not JAPANESE.findall(told)


@pytest.mark.parametrize("phrase", PHRASES)
def test_a_phrase_is_recognised_by_its_own_words_only(phrase: str) -> None:
    text = phrase.format(question="softmax([[{0}]])", ratios=[0.5])
    with speaking("en"):
        assert not JAPANESE.findall(str(Reworded(text, PHRASES)))
        assert str(Reworded(f"x{text}", PHRASES)) == f"x{text}"
    assert str(Reworded(text, PHRASES)) == text
