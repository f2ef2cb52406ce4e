"""Formulas that MathJax could draw over other content are told from those that stay in their place."""

from __future__ import annotations

import pytest

from grader.submission.formulas import stays_in_place

# Formulas of students and textbooks.
HARMLESS = [
    "",
    "損失は 0.47 です",
    r"$\mathrm{softmax}(z)_i = \frac{e^{z_i}}{\sum_{j=1}^{C} e^{z_j}}$",
    r"\begin{aligned} L &= -\frac{1}{N}\sum_n \log p_{n,y_n} \\ &= \operatorname{CE}(z, y) \\[2mm] &= 0 \end{aligned}",
    r"\begin{cases} 1 & \text{if } y = k, \\ 0 & \text{otherwise} \end{cases}",
    r"$w_c \propto \left(\frac{N}{N_c}\right)^{\beta},\quad \bar w = 1 \hspace{1em} \mathbf{W}^\top x \kern 3mu y$",
    r"$\overbrace{a+b}^{\text{和}} \underset{\theta}{\arg\min} \color{red}{x} \sqrt[3]{x} \binom{n}{k} \! \boxed{4}$",
    r"\begin{pmatrix} 1 & 2 \\ 3 & 4 \end{pmatrix} \begin{array}{c|c} a & b \\ \hline c & d \end{array}",
    r"\\[1.5em] \\*[3pt] \cr[2pt] \hspace*{2em} \mskip 3mu",
]
MOVING = [
    r"\smash\rlap\raise{20em}\rule{60em}{900em}",
    r"\rule{60em}{900em}", r"\Rule{1em}{900em}{-800em}", r"\Space{1em}{9em}{-9em}", r"\raise 9em x", r"\lower9em{x}",
    r"\raisebox{9em}{x}", r"\smash{x}", r"\rlap{x}", r"\llap x", r"\mathrlap{x}", r"\mathllap{x}", r"\mathclap{x}",
    r"\moveleft 9em x", r"\moveright9em{x}", r"\bbox[900em,white]{4/4}", r"\bbox[border:99em solid]{}",
    r"\above 90em", r"\abovewithdelims() 90em", r"\genfrac{}{}{90em}{}{a}{b}", r"\fcolorbox{white}{white}{x}",
    r"\colorbox{white}{4 / 4}", r"\style{position:fixed}{x}", r"\class{score}{x}", r"\cssId{x}{y}",
    r"\def\s{\sma}", r"\let\x=\relax", r"\newcommand{\x}{y}", r"\renewcommand\x{y}", r"\newenvironment{x}{y}{z}",
    r"\require{enclose}", r"\mmlToken{mspace}[height=900em]{}", r"\csname smash\endcsname", r"\unicode[x]{1}",
    r"\sqrt[\uproot{900}\leftroot{900} 4/4]{x}", r"\skew{900}\hat{x}",
    r"a \\[-90em] b", r"a \\ [ -90em ] b", r"a \\*[90em] b", r"a \cr[-9em] b", r"a \newline[-9em] b", r"\\[9999em]",
    r"\hspace{-9em}", r"\hspace*{-9em}", r"\hspace{900em}", r"\kern-9em", r"\kern 99em", r"\mkern-900mu",
    r"\mskip -9mu", r"\hskip-9em", r"\hspace{ - 9 em }", r"\hspace{1e9em}", r"\hspace{x}", r"\hspace", r"\mspace{-9mu}",
    "\\raise\t9em",
    r"\!" * 60, r"\negthinspace" * 60, r"\kern1em" * 60, r"\\\smash{x}",
]  # fmt: skip


@pytest.mark.parametrize("text", HARMLESS)
def test_ordinary_formulas_stay_in_place(text: str) -> None:
    assert stays_in_place(text)


@pytest.mark.parametrize("text", MOVING)
def test_commands_that_move_or_enlarge_do_not(text: str) -> None:
    assert not stays_in_place(text)
    assert not stays_in_place(f"文章 $a {text} b$ と続きます")
