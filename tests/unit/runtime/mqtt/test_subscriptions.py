"""What is wanted and what the broker has to forget, against what a broker would hold."""

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from runtime.mqtt.subscriptions import Subscriptions

FILTERS = st.sampled_from(["a", "b", "c/#", "+/d"])


class SubscriptionsMachine(RuleBasedStateMachine):
    """A broker that keeps the session over connections, and a caller who changes their mind."""

    def __init__(self) -> None:
        super().__init__()
        self.subscriptions = Subscriptions(["a"])
        self.wanted = {"a"}
        self.at_broker: set[str] = set()

    @rule(each=FILTERS)
    def want(self, each: str) -> None:
        self.subscriptions.add(each)
        self.wanted.add(each)

    @rule(each=FILTERS)
    def give_up(self, each: str) -> None:
        self.subscriptions.remove(each)
        self.wanted.discard(each)

    @rule(answered=st.booleans())
    def connect(self, *, answered: bool) -> None:
        """Do as a session does at CONNACK; the answer to UNSUBSCRIBE may be lost."""
        _, wanted, leaving = self.subscriptions.snapshot()
        self.at_broker |= wanted
        self.at_broker -= leaving
        if answered:
            self.subscriptions.left(leaving)

    @invariant()
    def the_broker_can_be_brought_to_what_is_wanted(self) -> None:
        _, wanted, leaving = self.subscriptions.snapshot()
        assert wanted == self.wanted
        assert not wanted & leaving
        assert (self.at_broker | wanted) - leaving == self.wanted


TestSubscriptions = SubscriptionsMachine.TestCase
TestSubscriptions.settings = settings(max_examples=50, stateful_step_count=20)


@given(st.lists(FILTERS))
def test_the_version_tells_of_each_change(filters: list[str]) -> None:
    subscriptions = Subscriptions([])
    for count, each in enumerate(filters):
        assert subscriptions.version == 2 * count
        subscriptions.add(each)
        subscriptions.remove(each)
