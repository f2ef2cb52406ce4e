"""Honest code that starts worker processes gives its results behind both walls and behind the inner wall alone."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator

import pytest

from grader.grading.grade import grade
from grader.nbgrader_plugin.course import PROJECT
from grader.sandbox.processes.client import ForkServer
from grader.student.channel import PipeChannel
from grader.student.limits import Limits
from tests.helpers.shared_zygote import fork_server
from tests.hostile.bank import Attack
from tests.hostile.run import CHECKS_CELL, RIGHT_ANSWER, request


@pytest.fixture(scope="module", params=[(), ("namespaces",)], ids=["both walls", "inner wall"])
def server(request: pytest.FixtureRequest) -> Iterator[ForkServer]:
    server = fork_server(without=request.param)
    yield server
    server.close()


def shown(server: ForkServer, source: str) -> str:
    """All text that a cell of a new process shows, warnings and tracebacks included."""
    with server.start([], {}) as process:
        reply, _ = PipeChannel(process, Limits()).run(source)
    outputs = json.loads(reply["shown"])["outputs"]
    return "".join(o.get("text", "") + "\n".join(o.get("traceback", [])) for o in outputs).strip()


DATASET = """
import torch
from torch.utils.data import DataLoader, Dataset, IterableDataset, TensorDataset, get_worker_info
x = torch.arange(12.0).reshape(6, 2)
data = TensorDataset(x, torch.arange(6))
def total(loader): return sum(batch[0].sum().item() for batch in loader)
"""
# name → (cell, what it prints)
CELLS = {
    "one worker": (
        "import torch\nprint(next(iter(torch.utils.data.DataLoader(torch.arange(3), num_workers=1))))",
        "tensor([0])",
    ),
    "two workers": (DATASET + "print(total(DataLoader(data, batch_size=2, num_workers=2)))", "66.0"),
    "persistent workers": (
        DATASET
        + """
loader = DataLoader(data, batch_size=2, num_workers=2, persistent_workers=True, prefetch_factor=4)
print(total(loader), total(loader), len({batch[0].sum().item() for batch in loader}))""",
        "66.0 66.0 3",
    ),
    "an iterator that is abandoned": (
        DATASET
        + """
for _ in range(3):
    for batch in DataLoader(data, num_workers=2):
        break
print(batch[0])""",
        "tensor([[0., 1.]])",
    ),
    "a dataset of the notebook": (
        DATASET
        + """
class Mine(Dataset):
    def __len__(self): return 5
    def __getitem__(self, n): return {"x": torch.full((2,), float(n)), "worker": get_worker_info().id, "name": str(n)}
batch = next(iter(DataLoader(Mine(), batch_size=5, num_workers=1)))
print(batch["x"].sum().item(), batch["worker"].tolist(), batch["name"])""",
        "20.0 [0, 0, 0, 0, 0] ['0', '1', '2', '3', '4']",
    ),
    "an iterable dataset": (
        DATASET
        + """
class Stream(IterableDataset):
    def __iter__(self): return iter(range(get_worker_info().id, 6, get_worker_info().num_workers))
print(sorted(int(n) for n in DataLoader(Stream(), batch_size=None, num_workers=2)))""",
        "[0, 1, 2, 3, 4, 5]",
    ),
    "views of one tensor": (
        DATASET
        + """
batches = list(DataLoader(data, batch_size=3, num_workers=2, collate_fn=lambda rows: [row[0] for row in rows]))
print(torch.stack(sum(batches, [])).equal(x), batches[0][0].untyped_storage().nbytes())""",
        "True 8",
    ),
    "seeds of workers": (
        DATASET
        + """
import numpy, random
def seeds(number):
    torch.manual_seed(7)
    draw = lambda rows: (torch.initial_seed(), random.random(), numpy.random.rand())
    return list(DataLoader(data, num_workers=number, collate_fn=draw))
print(seeds(2) == seeds(2), len({s for s, _, _ in seeds(2)}))""",
        "True 2",
    ),
    "worker_init_fn and a generator": (
        DATASET
        + """
import numpy
def init(number): numpy.random.seed(number)
loader = DataLoader(data, shuffle=True, num_workers=2, worker_init_fn=init, generator=torch.Generator().manual_seed(0))
first, second = ([b[1].item() for b in loader] for _ in range(2))
print(sorted(first) == list(range(6)), first != second)""",
        "True True",
    ),
    "contexts by name": (
        DATASET
        + """
names = "fork", "spawn", "forkserver"
print(*(total(DataLoader(data, num_workers=1, multiprocessing_context=name)) for name in names))
""",
        "66.0 66.0 66.0",
    ),
    "an error in a worker": (
        DATASET
        + """
class Bad(Dataset):
    def __len__(self): return 2
    def __getitem__(self, n): raise KeyError("in the worker")
try: next(iter(DataLoader(Bad(), num_workers=1)))
except KeyError as error: print("in the worker" in str(error), "worker process 0" in str(error))""",
        "True True",
    ),
    "torchvision": (
        """
import torch
from torchvision import datasets, transforms
fake = datasets.FakeData(8, (3, 8, 8), 10, transforms.ToTensor())
loader = torch.utils.data.DataLoader(fake, batch_size=4, num_workers=2)
print([tuple(images.shape) for images, labels in loader])""",
        "[(4, 3, 8, 8), (4, 3, 8, 8)]",
    ),
    "a pool": (
        """
from multiprocessing import Pool
def square(n): return n * n
with Pool(2) as pool:
    print(pool.map(square, range(5)), pool.apply_async(square, (7,)).get())
    print(sorted(pool.imap_unordered(square, range(3))))
""",
        "[0, 1, 4, 9, 16] 49\n[0, 1, 4]",
    ),
    "a pool of all cores": (
        "import multiprocessing\nwith multiprocessing.Pool() as p: print(sum(p.map(abs, range(-99, 0))))",
        "4950",
    ),
    "a pool of tensors": (
        """
import torch, torch.multiprocessing as mp
def double(t): return 2 * t
with mp.Pool(2) as pool: print(pool.map(double, [torch.ones(2), torch.zeros(0), torch.ones(1, dtype=torch.bfloat16)]))
""",
        "[tensor([2., 2.]), tensor([]), tensor([2.], dtype=torch.bfloat16)]",
    ),
    "a parameter": (
        """
import torch, torch.multiprocessing as mp
queue = mp.Queue()
queue.put(torch.nn.Parameter(torch.ones(2)))
print(queue.get())""",
        "Parameter containing:\ntensor([1., 1.], requires_grad=True)",
    ),
    "queues and events": (
        """
import multiprocessing as mp, queue
asked, answered, go = mp.Queue(), mp.SimpleQueue(), mp.Event()
def work():
    go.wait()
    while (n := asked.get()) is not None: answered.put(n + 1)
process = mp.Process(target=work); process.start()
for n in (1, 2, None): asked.put(n)
go.set(); print(answered.get(), answered.get()); process.join(); print(process.exitcode)
try: asked.get(timeout=0.05)
except queue.Empty: print("empty")""",
        "2 3\n0\nempty",
    ),
    "a joinable queue": (
        """
import multiprocessing as mp
q = mp.JoinableQueue(maxsize=1)
def work():
    while True: q.get(); q.task_done()
p = mp.Process(target=work, daemon=True); p.start()
for n in range(20): q.put(n)
q.join(); print("joined")""",
        "joined",
    ),
    "a lock": (
        """
import multiprocessing as mp
counter, lock = mp.Value("i", 0, lock=False), mp.Lock()
def count():
    for _ in range(2000):
        with lock: counter.value += 1
workers = [mp.Process(target=count) for _ in range(3)]
for w in workers: w.start()
for w in workers: w.join()
print(counter.value, lock.acquire(timeout=0.01), lock.acquire(block=False), lock.acquire(timeout=0.01))
try: lock.release(); lock.release()
except ValueError as error: print(error)""",
        "6000 True False False\nsemaphore or lock released too many times",
    ),
    "a recursive lock": (
        """
import multiprocessing as mp, threading
lock = mp.RLock()
with lock:
    with lock: print(lock)
    other = threading.Thread(target=lambda: print(lock.acquire(block=False))); other.start(); other.join()
try: lock.release()
except AssertionError as error: print(error)""",
        "<RLock(MainProcess, 2)>\nFalse\nattempt to release recursive lock not owned by thread",
    ),
    "values, arrays, barriers, conditions": (
        """
import multiprocessing as mp
total, parts, barrier, ready = mp.Value("d", 0.0), mp.Array("i", 3), mp.Barrier(3), mp.Condition()
def work(n):
    barrier.wait(); parts[n] = n + 1
    with total.get_lock(): total.value += 0.5
    with ready: ready.notify_all()
workers = [mp.Process(target=work, args=(n,)) for n in range(3)]
for w in workers: w.start()
with ready: print(ready.wait_for(lambda: total.value == 1.5, timeout=20))
print(list(parts), mp.BoundedSemaphore(2))""",
        "True\n[1, 2, 3] <BoundedSemaphore(value=2, maxvalue=2)>",
    ),
    "both ends of a pipe": (
        """
import multiprocessing as mp
ours, theirs = mp.Pipe()
p = mp.Process(target=lambda: theirs.send(theirs.recv() * 2)); p.start()
ours.send(21); print(ours.recv()); p.join()""",
        "42",
    ),
    "executors": (
        """
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
def cube(n): return n ** 3
for executor in (ProcessPoolExecutor(2), ProcessPoolExecutor(), ThreadPoolExecutor(2)):
    with executor: print(list(executor.map(cube, range(4))), executor.submit(cube, 5).result())""",
        "\n".join(["[0, 1, 8, 27] 125"] * 3),
    ),
    "shared memory": (
        """
import numpy as np
from multiprocessing import Process, shared_memory
block = shared_memory.SharedMemory(create=True, size=80)
def fill(name):
    other = shared_memory.SharedMemory(name=name)
    np.ndarray((10,), np.int64, other.buf)[:] = 7
    other.close()
p = Process(target=fill, args=(block.name,)); p.start(); p.join()
print(int(np.ndarray((10,), np.int64, block.buf).sum())); block.close(); block.unlink()""",
        "70",
    ),
    "a model trained by two processes": (
        """
import torch, torch.multiprocessing as mp
model = torch.nn.Linear(2, 1); model.share_memory()
def train():
    with torch.no_grad():
        for p in model.parameters(): p.fill_(3.0)
mp.set_start_method("spawn", force=True)
w = mp.Process(target=train); w.start(); w.join()
print([p.flatten().tolist() for p in model.parameters()], all(p.is_shared() for p in model.parameters()))""",
        "[[3.0, 3.0], [3.0]] True",
    ),
    "torch.multiprocessing.spawn": (
        """
import torch, torch.multiprocessing as mp
seen = torch.zeros(2).share_memory_()
def work(rank, value): seen[rank] = value + rank
mp.spawn(work, args=(5.0,), nprocs=2); print(seen)""",
        "tensor([5., 6.])",
    ),
    "joblib": (
        """
from joblib import Parallel, delayed, parallel_backend, parallel_config
def double(n): return 2 * n
for options in ({}, {"prefer": "threads"}, {"prefer": "processes"}, {"backend": "loky"}, {"backend": "multiprocessing"},
        {"backend": "threading"}, {"require": "sharedmem"}):
    assert Parallel(n_jobs=2, **options)(delayed(double)(n) for n in range(4)) == [0, 2, 4, 6], options
with parallel_backend("loky", n_jobs=2): print(Parallel()(delayed(double)(n) for n in range(3)))
with parallel_config("multiprocessing", n_jobs=-1): print(Parallel()(delayed(double)(n) for n in range(3)))""",
        "[0, 2, 4]\n[0, 2, 4]",
    ),
    "scikit-learn": (
        """
import numpy as np
from sklearn.datasets import load_iris
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, cross_val_score
x, y = load_iris(return_X_y=True)
model = LogisticRegression(max_iter=500)
print(np.array_equal(cross_val_score(model, x, y, n_jobs=2), cross_val_score(model, x, y)))
search = GridSearchCV(model, {"C": [0.1, 1.0]}, n_jobs=-1).fit(x, y)
print(search.best_params_, RandomForestClassifier(10, n_jobs=2, random_state=0).fit(x, y).score(x, y) > 0.9)""",
        "True\n{'C': 1.0} True",
    ),
    "text printed by workers": (
        """
import multiprocessing as mp
def work(): print("from the worker", flush=True)
p = mp.Process(target=work); p.start(); p.join(); print("done")""",
        "from the worker\ndone",
    ),
    "an interrupt while it waits": (
        """
import multiprocessing as mp, signal, time
lock = mp.Lock(); lock.acquire()
signal.signal(signal.SIGALRM, signal.default_int_handler); signal.alarm(1)
try: lock.acquire()
except KeyboardInterrupt: print("interrupted")""",
        "interrupted",
    ),
}


@pytest.mark.parametrize("name", CELLS)
def test_parallel_code_shows_its_results_and_nothing_else(server: ForkServer, name: str) -> None:
    source, expected = CELLS[name]
    assert shown(server, source) == expected


LOADERS = {
    "one worker": "loader = torch.utils.data.DataLoader(torch.arange(8), num_workers=1)\nfirst = next(iter(loader))\n",
    "persistent workers": """
loader = torch.utils.data.DataLoader(torch.arange(8), batch_size=2, num_workers=2, persistent_workers=True)
print([batch.tolist() for batch in loader])
""",
    "a pool": "import multiprocessing\nwith multiprocessing.Pool(2) as pool: print(pool.map(abs, [-1, 2]))\n",
}


@pytest.mark.parametrize("above", LOADERS)
def test_a_right_answer_below_worker_processes_has_full_marks(server: ForkServer, above: str) -> None:
    honest = Attack("honest/workers", "", "", "", frozenset(), LOADERS[above] + RIGHT_ANSWER)
    assert grade(request(honest, {}, Limits()), server.start).scores == {CHECKS_CELL: 3.0}


MANY_CORES = """
import os
os.cpu_count = lambda: 128
from grader.sandbox.runtime import parallel
parallel.prepare()
print(os.cpu_count())
"""


def test_a_pool_of_all_cores_is_inside_the_bound_on_processes() -> None:
    done = subprocess.run([sys.executable, "-c", MANY_CORES], cwd=PROJECT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "4"


def test_no_socket_and_no_file_of_the_host_is_used(server: ForkServer) -> None:
    """What the walls refuse stays refused in worker processes."""
    source = """
import multiprocessing as mp, os, socket
def attempts(_):
    refused = []
    for attempt in (lambda: socket.socket(socket.AF_UNIX), lambda: socket.socket(), lambda: open("/dev/shm/x", "w"),
            lambda: open("/proc/cmdline").read(), lambda: mp.connection.Listener(family="AF_UNIX")):
        try: attempt()
        except OSError: refused.append(True)
    return refused
import multiprocessing.connection
with mp.Pool(1) as pool: print(pool.map(attempts, [0]))
"""
    assert shown(server, source) == "[[True, True, True, True, True]]"
