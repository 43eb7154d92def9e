"""Prints what two workers draw in two epochs, as JSON; run by `test_workers.py`, in a process of its own.

    python worker_draws.py ours|plain torch|processes fork|spawn [--persistent]

With torch it is a real DataLoader; without, two children of multiprocessing that take turns as its workers do.
"""

from __future__ import annotations

import json
import multiprocessing
import sys

import numpy as np

from domainaug._albumentations import A
from domainaug.pipeline import Pipeline

ITEMS, WORKERS, SEED = 16, 2, 7


class Draws:
    """A dataset whose items are one number each: the gray that a random brightness left."""

    def __init__(self, kind: str) -> None:
        brightness = A.RandomBrightnessContrast(brightness_limit=(-0.4, 0.4), contrast_limit=(0, 0), p=1)
        self.pipeline = Pipeline([brightness], seed=SEED) if kind == "ours" else A.Compose([brightness], seed=SEED)
        self.image = np.full((4, 4), 0.5, dtype=np.float32)

    def __len__(self) -> int:
        return ITEMS

    def __getitem__(self, index: int) -> float:
        return float(self.pipeline(image=self.image)["image"][0, 0])


def work(dataset: Draws, worker: int, out: object) -> None:
    out.put((worker, [dataset[index] for index in range(worker, ITEMS, WORKERS)]))


def with_processes(dataset: Draws, method: str) -> list[list[float]]:
    context = multiprocessing.get_context(method)
    epochs = []
    for _ in range(2):
        out = context.SimpleQueue()
        children = [context.Process(target=work, args=(dataset, worker, out)) for worker in range(WORKERS)]
        for child in children:
            child.start()
        got = dict(out.get() for _ in children)
        for child in children:
            child.join()
        epochs.append([got[index % WORKERS][index // WORKERS] for index in range(ITEMS)])
    return epochs


def with_torch(dataset: Draws, method: str, persistent: bool) -> list[list[float]]:
    import torch
    from torch.utils.data import DataLoader

    torch.manual_seed(0)
    loader = DataLoader(
        dataset, batch_size=None, num_workers=WORKERS, multiprocessing_context=method, persistent_workers=persistent
    )
    return [[float(x) for x in loader] for _ in range(2)]


if __name__ == "__main__":
    kind, engine, method = sys.argv[1:4]
    draws = Draws(kind)
    if engine == "torch":
        epochs = with_torch(draws, method, "--persistent" in sys.argv)
    else:
        epochs = with_processes(draws, method)
    json.dump(epochs, sys.stdout)
