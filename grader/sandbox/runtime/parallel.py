"""Make multiprocessing work without /dev/shm and without sockets, for all processes that are forked from this one.

Students' processes could meet in the host's /dev/shm, and seccomp refuses sockets. Worker processes are real ones, as
in a kernel; only what they share is made in another way, behind both walls and behind the inner one alike:

- semaphores (locks, queues, pools, executors) are unnamed ones in memory that a fork shares, not files in /dev/shm;
- shared memory is a file in the student's directory, or memory without a name;
- a tensor is sent through a queue as bytes, not as a descriptor over a socket;
- a process is always forked: "spawn" and "forkserver" would start an interpreter that has none of this;
- joblib computes in the calling process: its workers are new interpreters too.
"""

# mypy: disable-error-code="assignment, attr-defined, import-not-found, import-untyped, method-assign, misc"
# mypy: disable-error-code="no-untyped-call, no-any-return"
# (What is replaced is private in the libraries, and mostly without type hints.)
from __future__ import annotations

import _multiprocessing
import _posixshmem
import ctypes
import errno
import mmap
import multiprocessing.context
import multiprocessing.heap
import multiprocessing.synchronize
import os
import tempfile
import threading
import time
from collections.abc import Callable
from multiprocessing.reduction import ForkingPickler
from typing import Any

import torch
import torch.multiprocessing.reductions as torch_reductions
from torch import Tensor, UntypedStorage

RECURSIVE_MUTEX, SEMAPHORE = 0, 1  # of multiprocessing.synchronize
SEMAPHORE_BYTES = 32  # sizeof(sem_t) in glibc and musl, 64-bit
MAX_CORES = 4  # that os.cpu_count() names: `Pool()` on a host with 64 would exceed the bound on processes
_libc = ctypes.CDLL(None, use_errno=True)


class _Timespec(ctypes.Structure):
    _fields_ = (("seconds", ctypes.c_long), ("nanoseconds", ctypes.c_long))


class SharedSemaphore:
    """Does what `_multiprocessing.SemLock` does, with sem_init(3) in anonymous memory. Inherited by a fork only."""

    SEM_VALUE_MAX = _multiprocessing.SemLock.SEM_VALUE_MAX

    def __init__(self, kind: int, value: int, maxvalue: int, name: str, unlink: bool) -> None:
        """kind: RECURSIVE_MUTEX or SEMAPHORE. name, unlink: ignored, it has no name. Raises OSError, ValueError."""
        if kind not in (RECURSIVE_MUTEX, SEMAPHORE):
            raise ValueError("unrecognized kind")
        self.kind, self.maxvalue, self.name = kind, maxvalue, None
        self._memory = mmap.mmap(-1, SEMAPHORE_BYTES)
        self._semaphore = (ctypes.c_char * SEMAPHORE_BYTES).from_buffer(self._memory)
        self._held, self._owner = 0, 0  # by this process; the thread that acquired it last
        self._call(_libc.sem_init, 1, ctypes.c_uint(value))

    @property
    def handle(self) -> int:
        """Its address."""
        return ctypes.addressof(self._semaphore)

    def acquire(self, block: bool = True, timeout: float | None = None) -> bool:
        """→ whether it was acquired. timeout: seconds, None to wait for ever. Raises OSError."""
        if not (self.kind == RECURSIVE_MUTEX and self._is_mine()):
            if not self._wait(0.0 if not block else timeout):
                return False
            self._owner = threading.get_ident()
        self._held += 1
        return True

    def _wait(self, timeout: float | None) -> bool:
        arguments: tuple[Any, ...] = ()
        wait = _libc.sem_wait
        if timeout is not None and timeout <= 0:
            wait = _libc.sem_trywait
        elif timeout is not None:
            wait = _libc.sem_timedwait  # until a time of CLOCK_REALTIME
            seconds, fraction = divmod(time.time() + timeout, 1)
            arguments = (ctypes.byref(_Timespec(int(seconds), int(fraction * 1e9))),)
        while True:
            try:
                self._call(wait, *arguments)
            except InterruptedError:  # by a signal, whose handler has run by now
                continue
            except OSError as error:
                if error.errno in (errno.EAGAIN, errno.ETIMEDOUT):
                    return False
                raise
            return True

    def release(self) -> None:
        """Raises AssertionError if a mutex belongs to another thread, ValueError at `maxvalue`."""
        if self.kind == RECURSIVE_MUTEX:
            if not self._is_mine():
                raise AssertionError("attempt to release recursive lock not owned by thread")
            if self._held > 1:
                self._held -= 1
                return
        elif self._get_value() >= self.maxvalue:
            raise ValueError("semaphore or lock released too many times")
        self._held -= 1
        self._call(_libc.sem_post)

    def _get_value(self) -> int:
        value = ctypes.c_int()
        self._call(_libc.sem_getvalue, ctypes.byref(value))
        return value.value

    def _call(self, function: Callable[..., int], *arguments: Any) -> None:
        if function(ctypes.byref(self._semaphore), *arguments):
            number = ctypes.get_errno()
            raise OSError(number, os.strerror(number))

    def _count(self) -> int:
        return self._held

    def _is_mine(self) -> bool:
        return self._held > 0 and self._owner == threading.get_ident()

    def _is_zero(self) -> bool:
        return self._get_value() == 0

    def _after_fork(self) -> None:
        self._held = 0

    def __enter__(self) -> bool:
        return self.acquire()

    def __exit__(self, *_: object) -> None:
        self.release()


class AnonymousArena(multiprocessing.heap.Arena):
    """Memory of `multiprocessing.Value` and `Array`: without a file."""

    def __init__(self, size: int, fd: int = -1) -> None:
        self.size, self.fd = size, fd
        self.buffer = mmap.mmap(-1, size)


def _shm_path(name: str) -> str:
    return os.path.join(tempfile.gettempdir(), f".shm-{name.strip('/').replace('/', '_')}")


def _shm_open(path: str, flags: int, mode: int = 0o777) -> int:
    return os.open(_shm_path(path), flags | os.O_CLOEXEC | os.O_NOFOLLOW, mode)


def _shm_unlink(path: str) -> None:
    os.unlink(_shm_path(path))


def _storage(data: bytearray) -> UntypedStorage:
    return torch.frombuffer(data, dtype=torch.uint8).untyped_storage() if data else UntypedStorage(0)


def _bytes(storage: UntypedStorage) -> Tensor:
    return torch.empty(0, dtype=torch.uint8).set_(storage)


def _reduce_storage(storage: UntypedStorage) -> tuple[Any, ...]:
    if storage.device.type != "cpu":
        return torch_reductions.reduce_storage(storage)
    return _storage, (bytearray(_bytes(storage).numpy()),)


def _reduce_tensor(tensor: Tensor) -> tuple[Any, ...]:
    """torch's, after the part of a larger storage that the tensor shows has been copied, to send only that."""
    plain = type(tensor) is Tensor and tensor.device.type == "cpu" and tensor.layout == torch.strided
    sendable = plain and not tensor.is_nested and (tensor.is_leaf or not tensor.requires_grad)
    if sendable and tensor.untyped_storage().nbytes() > tensor.numel() * tensor.element_size():
        tensor = tensor.detach().clone().requires_grad_(tensor.requires_grad)
    return torch_reductions.reduce_tensor(tensor)


def _share_memory(tensor: Tensor) -> Tensor:
    """`Tensor.share_memory_`: move its memory to a file without a name in the student's directory. Raises OSError."""
    storage = tensor.untyped_storage()
    if tensor.device.type != "cpu" or tensor.is_shared() or not storage.nbytes():
        return tensor
    with tempfile.TemporaryFile(buffering=0) as file:
        file.truncate(storage.nbytes())
        shared = UntypedStorage._new_shared_fd_cpu(file.fileno(), storage.nbytes())
    shared.copy_(storage)
    view = torch.empty(0, dtype=tensor.dtype)
    tensor.data = view.set_(shared, tensor.storage_offset(), tensor.size(), tensor.stride())
    return tensor


def _new_storage(cls: type[UntypedStorage], size: int, *, device: str = "cpu") -> UntypedStorage:
    """`UntypedStorage._new_shared`, in which a DataLoader's worker collects a batch: it is sent as bytes anyway."""
    return cls(size, device=device)


def prepare() -> None:
    """Replace these parts of the libraries in this process, before students' processes are forked from it."""
    import joblib

    _multiprocessing.SemLock = SharedSemaphore
    _posixshmem.shm_open, _posixshmem.shm_unlink = _shm_open, _shm_unlink
    multiprocessing.heap.Arena = AnonymousArena
    contexts = multiprocessing.context._concrete_contexts
    contexts.update(dict.fromkeys(contexts, contexts["fork"]))
    ForkingPickler.register(UntypedStorage, _reduce_storage)
    ForkingPickler.register(Tensor, _reduce_tensor)
    UntypedStorage._new_shared = classmethod(_new_storage)
    Tensor.share_memory_ = _share_memory
    # JOBLIB_MULTIPROCESSING=0 in the environment has switched its processes off; asked for by name, it would warn.
    for name in ("loky", "multiprocessing"):
        joblib.register_parallel_backend(name, joblib.parallel.ThreadingBackend)
    cores = min(os.cpu_count() or 1, MAX_CORES)
    os.cpu_count = lambda: cores
