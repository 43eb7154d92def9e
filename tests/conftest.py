"""What holds for every test."""

import signal
from contextlib import suppress

# A shell that starts the tests in the background has Ctrl-C ignored, and what they start would ignore it as well.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    with suppress(ValueError):  # not the main thread
        signal.signal(signal.SIGINT, signal.default_int_handler)

# The same examples in every run, and no clock: a test that fails says something of the change it is run for. `make
# nightly` looks for examples that nobody has tried. Environments for other people's readers have no hypothesis.
with suppress(ImportError):
    from hypothesis import HealthCheck, settings

    clockless = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
    settings.register_profile("steady", clockless, derandomize=True)
    settings.register_profile("seeking", clockless, max_examples=1000)
    settings.load_profile("steady")
