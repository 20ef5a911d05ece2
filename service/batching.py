"""Micro-batching: requests that wait at the same time are answered by one call of the network."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any


class Busy(RuntimeError):
    """Too many requests wait already."""


class Batcher:
    """Collects single items while a batch is being answered, and answers them together as the next one.

    Under light load a request waits for nobody but `wait`; under heavy load the batches grow by themselves.

    Args:
        answer: takes a list of items, returns their answers in the same order. Runs in a thread of its own.
        most: items in a batch at most. 1 turns batching off.
        wait: seconds in which a batch waits for more items.
        queue: items that may wait at most; with more, `ask` raises `Busy`.
        seen: called with the size of each batch.
    """

    def __init__(
        self,
        answer: Callable[[list], Sequence],
        most: int = 64,
        wait: float = 0.0,
        queue: int = 1024,
        seen: Callable[[int], None] = lambda size: None,
    ):
        if most < 1 or wait < 0 or queue < 1:
            raise ValueError(f"most and queue must be 1 or more, wait 0 or more, got {most}, {queue}, {wait}")
        self.answer, self.most, self.wait, self.seen = answer, most, wait, seen
        self.queue: asyncio.Queue[tuple[Any, asyncio.Future]] = asyncio.Queue(queue)
        self.thread = ThreadPoolExecutor(1)
        self.worker: asyncio.Task | None = None
        self.stopped = False

    def start(self) -> None:
        """Begins to answer; needs a running event loop."""
        self.worker = asyncio.create_task(self._work())

    async def stop(self, limit: float = 10.0) -> None:
        """Answers what waits, then ends; what is not answered within so many seconds raises `Busy`."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self.queue.join(), limit)
        self.stopped = True
        if self.worker:
            self.worker.cancel()
            await asyncio.gather(self.worker, return_exceptions=True)
        while not self.queue.empty():
            _fail([self.queue.get_nowait()], Busy("the service stops"))
        self.thread.shutdown(wait=False, cancel_futures=True)

    async def ask(self, item: Any) -> Any:
        """The answer to one item.

        Raises:
            Busy: if the queue is full or the batcher stops. What `answer` raises for this item comes, too.
        """
        if self.stopped:
            raise Busy("the service stops")
        future = asyncio.get_running_loop().create_future()
        try:
            self.queue.put_nowait((item, future))
        except asyncio.QueueFull:
            raise Busy(f"{self.queue.maxsize} requests are waiting") from None
        return await future

    async def _work(self) -> None:
        while True:
            batch = [await self.queue.get()]
            try:
                if self.wait and self.most > 1 and self.queue.qsize() < self.most - 1:
                    await asyncio.sleep(self.wait)
                while len(batch) < self.most and not self.queue.empty():
                    batch.append(self.queue.get_nowait())
                await self._answer(batch)
            finally:
                _fail(batch, Busy("the service stops"))  # what a stop has cut; all else is answered
                for _ in batch:
                    self.queue.task_done()

    async def _answer(self, batch: list[tuple[Any, asyncio.Future]]) -> None:
        batch = [pair for pair in batch if not pair[1].done()]  # those still waited for
        if not batch:
            return
        self.seen(len(batch))
        items = [item for item, _ in batch]
        try:
            run = asyncio.get_running_loop().run_in_executor(self.thread, self.answer, items)
            outcomes = await run
            if len(outcomes) != len(items):
                raise RuntimeError(f"{len(outcomes)} answers to {len(items)} items")
        except Exception as error:  # of this batch, not of the worker, which goes on
            if len(batch) == 1:
                _fail(batch, error)
            else:  # one bad item spoils no other: each is asked alone
                for pair in batch:
                    await self._answer([pair])
        else:
            for (_, future), outcome in zip(batch, outcomes, strict=True):
                if not future.done():
                    future.set_result(outcome)


def _fail(batch: list[tuple[Any, asyncio.Future]], error: Exception) -> None:
    for _, future in batch:
        if not future.done():
            future.set_exception(error)
