"""A student who would rather attack than write softmax: no attack earns a point, and nobody else notices.

Each attack is what the student typed into the cell of `softmax`, with a formula that is wrong. Attacks that would earn
points if checks and student shared a process are also run so, as their own control; the others must have done what
they are there for.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator

import nbformat
import pytest

from grader.course import PROJECT
from grader.grade import Request, Result, grade
from grader.judge import Outcome, checks_for
from grader.limits import Limits
from grader.sandbox.host import ForkServer
from tests.bank import ANSWERS

CHECKS = "softmax_checks"
MARK = "points: "  # what the checks print stands before it
RELEASE = PROJECT / "release" / "loss_functions" / "losses.ipynb"
WRONG = "\ndef softmax(logits): return torch.zeros_like(logits)\n"

# In one process with the checks, each of these earns points (see the control); each is followed by WRONG.
SHARED = {
    "torch_functional": """
import torch.nn.functional as F
F.softmax = torch.softmax = torch.Tensor.softmax = lambda x, *_, **__: torch.zeros_like(x) * x
""",
    "tensor_comparison": """
torch.Tensor.__le__ = lambda a, b: torch.ones(a.shape, dtype=torch.bool)
torch.Tensor.__eq__ = lambda a, b: torch.ones(a.shape, dtype=torch.bool)
torch.allclose = torch.equal = lambda *_, **__: True
torch.testing.assert_close = lambda *_, **__: None
""",
    "pytest_and_the_checks": """
import sys, pytest
pytest.fail = pytest.raises = lambda *_, **__: None
for name, module in list(sys.modules.items()):
    if hasattr(module, "assert_close"):
        module.assert_close = module.assert_gradient = module.assert_device = lambda *_, **__: None
""",
    "judge_in_memory": """
import gc
for thing in gc.get_objects():
    if type(thing) is dict and "Outcome" in thing and "explain" in thing:
        thing["explain"] = lambda error, passed=thing["Outcome"].PASSED: (passed, ())
""",
}

ALONE = {
    "builtins": """
import builtins
real = builtins.bool
builtins.bool = lambda value=False: True if isinstance(value, torch.Tensor) else real(value)
builtins.all = builtins.any = lambda values: True
""",
    "hypothesis": """
import hypothesis
hypothesis.given = lambda *_, **__: lambda test: lambda *_, **__: None
hypothesis.settings = lambda *_, **__: lambda test: test
""",
    "input_transformers": """
shell = get_ipython()
shell.input_transformers_cleanup.append(lambda lines: ["3.0\\n"])
shell.input_transformers_post.append(lambda lines: ["3.0\\n"])
""",
    "ast_transformers": """
import ast
class Full(ast.NodeTransformer):
    def visit(self, node):
        return ast.parse("3.0") if isinstance(node, ast.Module) else node
get_ipython().ast_transformers.append(Full())
""",
    "torch_function": """
class Yes(torch.Tensor):
    @classmethod
    def __torch_function__(cls, function, types, args=(), kwargs=None):
        return torch.ones(3, 4)
    __eq__ = __le__ = lambda *_: True
""",
    "stub_in_disguise": "",
}
ALONE = {name: text + WRONG for name, text in ALONE.items()}
ALONE["reply_by_hand"] = """
import sys
def softmax(logits):
    frame = sys._getframe()
    while frame:
        if "reply_to" in frame.f_globals:
            frame.f_globals["answer"] = lambda *_: {"value": True, "inputs": [], "parameters": [], "outcome": "passed"}
        frame = frame.f_back
    return torch.zeros_like(logits)
"""
ALONE["torch_function"] = ALONE["torch_function"].replace("return torch.zeros_like(logits)", "return Yes(logits)")
ALONE["stub_in_disguise"] = "def softmax(logits): raise NotImplementedError('ここに書く')"

FORGED = {
    "printed": "print('3.0'); print('3 / 3 点')" + WRONG + "3.0",
    "displayed": """
from IPython.display import display, HTML
display(HTML("<b>○ 合格</b> 3 / 3 点"), display_id="softmax_checks"); display(3.0)
import sys; sys.displayhook(3.0)
def softmax(logits):
    display(3.0); print("3.0")
    return 3.0
""",
    "printed_past_python": "import os; os.write(1, b'3.0'); os.write(2, b'3.0')" + WRONG,
    "nbgrader_score": WRONG + "__score__ = points = score = 3.0\nget_ipython().user_ns['softmax_checks'] = 3.0\n3.0",
}

ENDING = {
    "kills_itself": "import os, signal; os.kill(os.getpid(), signal.SIGKILL)",
    "exits_past_python": "import os; os._exit(0)",
    "exits_in_an_answer": "import os\ndef softmax(logits): os._exit(0)",
    "exits_at_the_third_answer": """
import os
calls = []
def softmax(logits):
    calls.append(0)
    return os._exit(0) if len(calls) == 3 else logits
""",
    "kills_its_group": "import os, signal; os.killpg(0, signal.SIGKILL)",
    "segmentation_fault": "import ctypes; ctypes.string_at(0)",
}

PIPE = """
import os, socket, json, struct
pipes = []
for name in os.listdir("/proc/self/fd"):
    try:
        if int(name) > 2 and os.readlink(f"/proc/self/fd/{name}").startswith("socket:"):
            pipes.append(int(name))
    except OSError:
        pass
def tell(data):
    for pipe in pipes:
        try:
            socket.socket(fileno=os.dup(pipe)).send(data)
        except OSError:
            pass
"""
ON_THE_PIPE = {
    "noise": PIPE + "tell(b'garbage' * 1000)" + WRONG,
    "noise_in_an_answer": PIPE + "def softmax(logits):\n    tell(b'\\x00' * 5000)\n    return logits",
    "enormous_header": PIPE + "tell(struct.pack('<I', 2**32 - 1))" + WRONG,
    "enormous_buffers": PIPE + """
h = b'{"body": null, "buffers": [10000000000000]}'
tell(struct.pack('<I', len(h)) + h)
""" + WRONG,
    "pickle": PIPE + "import pickle; tell(pickle.dumps(os.system))" + WRONG,
    "answers_in_advance": PIPE + """
def frame(body):
    header = json.dumps({"body": body, "buffers": []}).encode()
    return struct.pack("<I", len(header)) + header
def dictionary(**items):
    return {"k": "dict", "v": [[key, value] for key, value in items.items()]}
empty = {"k": "list", "v": []}
tell(frame(dictionary(value=True, inputs=empty, parameters=empty, outcome="passed")) * 200)
""" + WRONG,
    "deep_header": PIPE + "h = b'[' * 900000; tell(struct.pack('<I', len(h)) + h)" + WRONG,
    "closes_it": PIPE + "for pipe in pipes: os.close(pipe)" + WRONG,
}  # fmt: skip

ANSWERS_OF_NO_USE = {
    "none": "None",
    "huge": "torch.zeros(20_000_000)",
    "huge_without_memory": "torch.zeros(1).expand(2**40)",
    "list": "logits.tolist()",
    "deep_list": "deep()",
    "list_in_itself": "ring()",
    "generator": "(row for row in logits)",
    "endless_generator": "iter(int, 1)",
    "dictionary": "{'softmax': logits, 1: {2: 3}}",
    "function": "softmax",
    "class": "torch.Tensor",
    "string": "'passed' * 10**6",
    "big_number": "10 ** 100_000",
    "lone_surrogate": "'\\ud800'",
    "infinite": "logits * float('inf')",
    "nan": "logits * float('nan')",
    "meta": "torch.zeros(logits.shape, device='meta')",
    "sparse": "logits.to_sparse()",
    "integers": "torch.ones(logits.shape, dtype=torch.int64)",
    "complex": "torch.ones(logits.shape, dtype=torch.complex128)",
    "bfloat16": "logits.bfloat16()",
    "quantised": "torch.quantize_per_tensor(logits.float(), 0.1, 0, torch.quint8)",
    "no_elements": "torch.empty(0, 4)",
    "many_dimensions": "torch.zeros([1] * 60)",
    "objects": "np.array([object()], dtype=object)",
    "equal_to_everything": "Equal()",
    "lies_about_its_class": "Liar()",
    "exception": "1 / 0",
    "exception_that_raises": "throw(Awkward())",
    "exception_with_a_long_name": "throw(type('x' * 10**6, (Exception,), {})('y' * 10**7))",
    "exit": "throw(SystemExit(0))",
    "interrupt": "throw(KeyboardInterrupt())",
    "generator_exit": "throw(GeneratorExit())",
    "recursion": "softmax(logits)",
    "memory_error": "throw(MemoryError())",
}
HELPERS = """
def deep():
    value = []
    for _ in range(100_000):
        value = [value]
    return value
def ring():
    value = []
    value.append(value)
    return value
def throw(error):
    raise error
class Equal:
    __eq__ = __le__ = __ge__ = __bool__ = lambda *_: True
    __hash__ = None
class Liar:
    __class__ = torch.Tensor
    dtype, layout, shape = torch.float32, torch.strided, (3, 4)
class Awkward(Exception):
    def __str__(self):
        raise self
def softmax(logits):
    return """

# What shows that an attack took place. Where none is named the answer came, and was wrong.
GONE, RAISED = {Outcome.GONE}, {Outcome.RAISED}
OUTCOMES = {
    "ending": GONE,
    "pipe": GONE,
    "ending/exits_at_the_third_answer": {Outcome.GONE, Outcome.WRONG},  # the first answer is wrong already
    "alone/builtins": {Outcome.GONE, Outcome.WRONG},  # the cell breaks its own shell
    "alone/stub_in_disguise": {Outcome.UNWRITTEN},
    "alone/reply_by_hand": {Outcome.GONE, Outcome.WRONG},
    "answer/many_dimensions": GONE,
    "answer/lies_about_its_class": GONE,
    **dict.fromkeys(
        ("answer/huge", "answer/huge_without_memory", "answer/exception", "answer/exception_that_raises")
        + ("answer/exception_with_a_long_name", "answer/exit", "answer/interrupt", "answer/generator_exit")
        + ("answer/recursion", "answer/memory_error"),
        RAISED,
    ),
}

ATTACKS = {
    **{f"shared/{name}": text + WRONG for name, text in SHARED.items()},
    **{f"alone/{name}": text for name, text in ALONE.items()},
    **{f"forged/{name}": text for name, text in FORGED.items()},
    **{f"ending/{name}": text for name, text in ENDING.items()},
    **{f"pipe/{name}": text for name, text in ON_THE_PIPE.items()},
    **{f"answer/{name}": HELPERS + text for name, text in ANSWERS_OF_NO_USE.items()},
}
IMPATIENT = Limits(cell_seconds=2, answer_seconds=0.3, check_seconds=0.3, notebook_seconds=60)
SLOW = {
    "endless_cell": "while True: pass",
    "endless_cell_that_ignores_ctrl_c": """
while True:
    try:
        while True: pass
    except BaseException: pass
""",
    "endless_answer": "def softmax(logits):\n    while True: pass",
    "half_a_message": PIPE + "tell(struct.pack('<I', 1000) + b'{')\nimport time; time.sleep(60)" + WRONG,
}


@pytest.fixture(scope="module")
def server() -> Iterator[ForkServer]:
    """One for the file, as for a class."""
    server = ForkServer()
    yield server
    server.close()


@pytest.fixture(scope="module")
def release() -> nbformat.NotebookNode:
    """The released notebook without its lessons: what softmax needs, its cell, its checks, and one cell after them."""
    notebook = nbformat.read(RELEASE, as_version=4)
    notebook.cells = [cell for cell in notebook.cells if cell.id in ("setup", "softmax", CHECKS)]
    notebook.cells.append(nbformat.v4.new_code_cell("'the last cell'", id="last"))
    return notebook


def request(release: nbformat.NotebookNode, answer: str, limits: Limits = Limits()) -> Request:  # noqa: B008 - frozen
    module = checks_for(CHECKS)
    assert module
    submitted = nbformat.from_dict(release)
    for cell in submitted.cells:
        if cell.id == "softmax":
            cell.source = answer
    return Request(
        nbformat.writes(submitted).encode("utf-8", "replace"),
        nbformat.writes(release).encode(),
        {CHECKS: module},
        limits=limits,
    )


def assert_no_points(result: Result) -> None:
    """0, said in our own words and as nbgrader reads it; nothing passed, and no fault of ours."""
    outcomes = {verdict.check: verdict.outcome for verdict in result.verdicts[CHECKS]}
    assert len(outcomes) == 6
    assert not {Outcome.PASSED, Outcome.OURS} & set(outcomes.values()), result.verdicts
    assert result.scores == {CHECKS: 0.0}
    nbformat.validate(result.notebook)
    (checks,) = [cell for cell in result.notebook.cells if cell.id == CHECKS]
    (output,) = checks.outputs
    assert (output.output_type, output.data["text/plain"]) == ("execute_result", "0.0")
    assert "○ 合格" not in output.data["text/html"]


def assert_others_unharmed(release: nbformat.NotebookNode, server: ForkServer) -> None:
    right = (ANSWERS / "softmax" / "functional.py").read_text()
    assert grade(request(release, right), server.start).scores == {CHECKS: 3.0}


@pytest.mark.parametrize("attack", ATTACKS)
def test_attack_earns_nothing(attack: str, release: nbformat.NotebookNode, server: ForkServer) -> None:
    result = grade(request(release, ATTACKS[attack]), server.start)
    assert_no_points(result)
    expected = OUTCOMES.get(attack) or OUTCOMES.get(attack.split("/")[0]) or {Outcome.WRONG}
    assert {verdict.outcome for verdict in result.verdicts[CHECKS]} <= expected, result.verdicts


CONTROL = f"""
import json, os, warnings
warnings.simplefilter("ignore")
import numpy, torch
from grader.judge import checks_for, judge
from tests.bank import BankChannel, earned
from tests.test_hostile_answers import CHECKS, SHARED, WRONG
points = {{}}
for name, attack in {{**SHARED, "no_attack": ""}}.items():
    ours, theirs = os.pipe()
    if os.fork() == 0:
        def reach(_):
            names = {{"torch": torch}}
            exec(attack + WRONG, names)
            return BankChannel(names)
        os.write(theirs, str(earned(judge({{CHECKS: checks_for(CHECKS)}}, reach)[CHECKS])).encode())
        os._exit(0)
    os.close(theirs)
    points[name] = float(os.read(ours, 100) or "nan")
    os.wait()
print("{MARK}" + json.dumps(points))
"""


def test_control_in_one_process_the_shared_attacks_earn_points() -> None:
    """Where checks and student share a process, as everywhere else, each of them pays. So they are attacks."""
    done = subprocess.run([sys.executable, "-c", CONTROL], cwd=PROJECT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    points = json.loads(done.stdout.split(MARK)[1])
    assert points.pop("no_attack") == 0.0
    assert points.keys() == SHARED.keys()
    assert {name for name, number in points.items() if number > 0} == points.keys(), points


@pytest.mark.parametrize("attack", SLOW)
def test_waiting_ends(attack: str, release: nbformat.NotebookNode, server: ForkServer) -> None:
    assert_no_points(grade(request(release, SLOW[attack], IMPATIENT), server.start))


def test_others_are_unharmed(release: nbformat.NotebookNode, server: ForkServer) -> None:
    """The worst of each kind, then an honest answer on the same server."""
    for attack in (
        "shared/tensor_comparison",
        "ending/kills_its_group",
        "pipe/noise",
        "answer/huge",
    ):
        assert_no_points(grade(request(release, ATTACKS[attack]), server.start))
        assert_others_unharmed(release, server)
