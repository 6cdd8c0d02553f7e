import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from threading import Event, Thread

import pytest

from runtime import lifecycle
from runtime.lifecycle import EXIT_FAILED, EXIT_OK, Loop, Stopping


class TestStopping:
    """One event that every loop waits on, with the reason and the exit code."""

    def test_nothing_has_been_asked_at_first(self) -> None:
        stopping = Stopping()
        assert not stopping.is_set()
        assert not stopping.wait(0)
        assert (stopping.reason, stopping.exit_code) == (None, EXIT_OK)

    def test_stopping_wakes_who_waits(self) -> None:
        stopping = Stopping()
        woken = Event()

        def wait() -> None:
            stopping.wait()
            woken.set()

        waiter = Thread(target=wait)
        waiter.start()
        stopping.stop("done")
        assert woken.wait(2)
        waiter.join()

    def test_the_first_reason_stays(self) -> None:
        stopping = Stopping()
        stopping.stop("SIGTERM")
        stopping.stop("SIGINT")
        assert stopping.reason == "SIGTERM"

    def test_a_failure_while_stopping_still_fails(self) -> None:
        stopping = Stopping()
        stopping.stop("SIGTERM")
        stopping.stop("loop x crashed", exit_code=EXIT_FAILED)
        stopping.stop("again")
        assert stopping.exit_code == EXIT_FAILED


class TestInstall:
    """Signals set `stopping`."""

    @pytest.fixture
    def stopping(self) -> Iterator[Stopping]:
        stopping = Stopping()
        before = signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)
        undo = lifecycle.install(stopping)
        yield stopping
        undo()
        assert (signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)) == before

    @pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
    def test_a_signal_stops(self, stopping: Stopping, number: signal.Signals) -> None:
        os.kill(os.getpid(), number)
        assert stopping.wait(2)
        assert (stopping.reason, stopping.exit_code) == (number.name, EXIT_OK)

    def test_a_second_sigterm_changes_nothing(self, stopping: Stopping) -> None:
        os.kill(os.getpid(), signal.SIGTERM)
        os.kill(os.getpid(), signal.SIGTERM)
        assert stopping.wait(2)
        assert stopping.exit_code == EXIT_OK

    def test_a_second_sigint_kills(self, stopping: Stopping) -> None:
        """Somebody at a terminal must be able to get rid of a process that hangs."""
        os.kill(os.getpid(), signal.SIGINT)
        assert stopping.wait(2)
        assert signal.getsignal(signal.SIGINT) is signal.SIG_DFL


class TestLoop:
    """A thread never dies silently."""

    def test_a_loop_that_ends_when_asked_is_fine(self) -> None:
        stopping = Stopping()
        loop = Loop("work", lambda: _until(stopping), stopping)
        loop.start()
        assert loop.is_alive()
        stopping.stop("done")
        assert loop.join(2)
        assert not loop.is_alive()
        assert stopping.exit_code == EXIT_OK

    def test_a_crash_is_logged_and_ends_the_process(self, caplog: pytest.LogCaptureFixture) -> None:
        stopping = Stopping()

        def crash() -> None:
            raise KeyError("bug")

        loop = Loop("work", crash, stopping)
        loop.start()
        assert loop.join(2)
        assert (stopping.reason, stopping.exit_code) == ("loop work crashed", EXIT_FAILED)
        (record,) = caplog.records
        assert record.getMessage() == "loop_crashed"
        assert record.exc_info

    def test_an_exit_inside_a_thread_is_a_crash(self) -> None:
        """The threading module would swallow it."""
        stopping = Stopping()
        loop = Loop("work", sys.exit, stopping)
        loop.start()
        assert loop.join(2)
        assert stopping.exit_code == EXIT_FAILED

    def test_a_loop_that_ends_unasked_ends_the_process(
        self, caplog: pytest.LogCaptureFixture
    ) -> None:
        stopping = Stopping()
        loop = Loop("work", lambda: None, stopping)
        loop.start()
        assert loop.join(2)
        assert (stopping.reason, stopping.exit_code) == ("loop work ended", EXIT_FAILED)
        assert [record.getMessage() for record in caplog.records] == ["loop_ended"]

    def test_joining_does_not_wait_for_ever(self) -> None:
        stopping = Stopping()
        loop = Loop("work", lambda: _until(stopping), stopping)
        loop.start()
        assert not loop.join(0.01)
        stopping.stop("done")
        assert loop.join(2)


class TestRun:
    """Start, wait, let end, exit code."""

    def test_loops_run_until_stopped(self) -> None:
        stopping = Stopping()
        other = Stopping()
        loops = [
            Loop("a", lambda: _until(stopping), stopping),
            Loop("b", lambda: stopping.stop("done"), other),
        ]
        assert lifecycle.run(loops, stopping) == EXIT_OK
        assert not any(loop.is_alive() for loop in loops)
        assert other.reason == "loop b ended"

    def test_a_crash_is_the_exit_code(self) -> None:
        stopping = Stopping()

        def crash() -> None:
            raise OSError

        loops = [Loop("a", lambda: _until(stopping), stopping), Loop("b", crash, stopping)]
        assert lifecycle.run(loops, stopping) == EXIT_FAILED

    def test_a_loop_that_stays_is_named(self, caplog: pytest.LogCaptureFixture) -> None:
        stopping = Stopping()
        release = Stopping()
        stuck = Loop("stuck", lambda: _until(release), stopping)
        stopping.stop("done")
        assert lifecycle.run([stuck], stopping, grace_s=0.01) == EXIT_FAILED
        assert caplog.records[-1].__dict__["fields"] == {"loops": ["stuck"]}
        release.stop("done")
        assert stuck.join(2)


def test_a_process_ends_orderly_on_sigterm() -> None:
    """The main thread waits without a time-out, as services do."""
    program = """if True:
        from runtime import lifecycle
        stopping = lifecycle.Stopping()
        lifecycle.install(stopping)
        loop = lifecycle.Loop("work", lambda: (print("up", flush=True), stopping.wait()), stopping)
        raise SystemExit(lifecycle.run([loop], stopping))
    """
    with subprocess.Popen(
        [sys.executable, "-c", program], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout
        assert process.stdout.readline() == "up\n"
        process.terminate()
        assert process.wait(4) == EXIT_OK


def _until(stopping: Stopping) -> None:
    assert stopping.wait(4)
